package main

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"strconv"
	"syscall"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/plain"
)

// demoCmd is `muster demo`.
type demoCmd struct {
	Once    bool   `help:"Check everything and end, in place of serving."`
	Data    string `default:"demo-data" placeholder:"DIR" help:"Folder of the demonstration: made anew each time."`
	Listen  string `default:"127.0.0.1:8800" placeholder:"ADDR" help:"Address to listen on; if it is taken, the next one that is free."`
	Devices int    `default:"40" help:"How many devices to simulate."`
}

// Help is the long part of the command's help.
func (demoCmd) Help() string {
	return `Collects this machine, simulates a small fleet beside it, assesses all of it against a sample of real intelligence, publishes two snapshots a few changes apart, checks itself, and serves the result until Ctrl-C. It needs no network.

A folder that a demonstration made before is emptied; any other that is not empty is refused.

Examples:

    muster demo
    muster demo --once --data /tmp/muster-demo

Exit statuses: 0 all is well, 1 failed, 2 wrong usage, 3 folder refused or in use, 4 a check failed.`
}

// maxDemo bounds the simulated fleet.
const maxDemo = 20_000

// Run shows everything.
func (c *demoCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) (err error) {
	if c.Devices < 1 || c.Devices > maxDemo {
		return console.Usage("--devices is %d, must be 1 to %d", c.Devices, maxDemo)
	}
	if err := checkAddress(c.Listen, false); err != nil {
		return err
	}
	log := slog.New(slog.NewTextHandler(t.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	f, err := openDemo(ctx, folderConfig{path: c.Data, command: k.Selected().Name, make: true, log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.close()) }()
	listener, err := listenNear(ctx, c.Listen)
	if err != nil {
		return err
	}
	r, err := start(ctx, f, &endpoint{Listener: listener}, api.Config{}, schedule{})
	if err != nil {
		return err
	}
	if err = c.show(ctx, f, r, t); err != nil || c.Once {
		r.end()
		return errors.Join(err, r.server.Close())
	}
	fmt.Fprintf(t.Out, "\nserving %s until Ctrl-C\n", r.url)
	return r.wait(ctx)
}

// show makes the demonstration's data, checks it and prints it.
func (c *demoCmd) show(ctx context.Context, f *folder, r *running, t *console.Terminal) error {
	begun := time.Now()
	d := &demonstration{folder: f, url: r.url, terminal: t, fleet: simulated(c.Devices, begun)}
	if err := d.make(ctx); err != nil {
		return err
	}
	if err := d.check(ctx); err != nil {
		return fmt.Errorf("%w: %w", console.ErrProblems, err)
	}
	took := time.Since(begun)
	return errors.Join(d.summarize(took), d.showWorst(ctx), d.showCalls())
}

// demoFile marks a folder as a demonstration's, which may be emptied.
const demoFile = "demo"

// openDemo opens a folder for a demonstration, and empties one that an earlier
// demonstration has made. Any other folder is refused.
func openDemo(ctx context.Context, c folderConfig) (*folder, error) {
	_, err := os.Stat(filepath.Join(c.path, demoFile))
	switch {
	case err == nil:
		if err := emptyFolder(c); err != nil {
			return nil, fmt.Errorf("emptying %q: %w", c.path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", errFolder, err)
	case !isVacant(c.path):
		return nil, plain.Hinted(fmt.Errorf("%w: %q is not empty, and no demonstration made it", errFolder, c.path), "name another one: --data DIR")
	}
	f, err := openFolder(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(f.in(demoFile), []byte(sample.Notice()), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("marking the folder: %w", err), f.close())
	}
	return f, nil
}

// isVacant tells whether a folder is empty or absent.
func isVacant(path string) bool {
	entries, err := os.ReadDir(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0
}

// emptyFolder removes what is in a folder, the lock aside, which it holds.
func emptyFolder(c folderConfig) (err error) {
	l, err := takeLock(filepath.Join(c.path, lockFile), c.command)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.release()) }()
	entries, err := os.ReadDir(c.path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == lockFile || entry.Name() == demoFile {
			continue
		}
		if err := os.RemoveAll(filepath.Join(c.path, entry.Name())); err != nil {
			return err
		}
	}
	return os.Remove(filepath.Join(c.path, demoFile)) // last: while it is there the folder may be emptied
}

// listenNear listens on an address or, where it is taken, on one of the next
// ports.
func listenNear(ctx context.Context, address string) (net.Listener, error) {
	const ports = 100
	listener, err := listen(ctx, address, false)
	for n := 1; n < ports && isTaken(err); n++ {
		host, port, splitErr := net.SplitHostPort(address)
		number, portErr := strconv.Atoi(port)
		if splitErr != nil || portErr != nil {
			return nil, err
		}
		listener, err = listen(ctx, net.JoinHostPort(host, strconv.Itoa(number+n)), false)
	}
	return listener, err
}

// isTaken tells whether another process has an address.
func isTaken(err error) bool {
	const windowsInUse = syscall.Errno(10048) // WSAEADDRINUSE
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsInUse)
}
