package demo

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
)

// MaxDevices bounds the simulated fleet, and MaxDays its past.
const (
	MaxDevices = 20_000
	MaxDays    = 60
)

// Config configures a demonstration.
type Config struct {
	// Data is the folder of the demonstration; emptied first.
	Data string
	// Program is how the program was called, for the command to go on with.
	Program string
	// Command is the name of this command, for the error of other processes.
	Command string
	// Version is the version of the program.
	Version string
	// Listen is the address to listen on. If it is in use, the next free port is taken.
	Listen string
	// Devices is the number of devices to simulate, at most MaxDevices.
	Devices int
	// Days is of how many days before today snapshots are made, one a day; at least 1, at most MaxDays.
	Days int
	// Once ends after the checks instead of serving.
	Once     bool
	Terminal *console.Terminal
}

// Run runs the demonstration. The error of a failed check is console.ErrProblems.
func Run(ctx context.Context, c Config) (err error) {
	log := slog.New(slog.NewTextHandler(c.Terminal.Err, &slog.HandlerOptions{Level: slog.LevelWarn}))
	clock := new(clock)
	f, err := open(ctx, node.Config{Path: c.Data, Command: c.Command, Version: c.Version, Make: true, Clock: clock.now,
		Log: log})
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	at, err := listenNear(ctx, c.Listen, log)
	if err != nil {
		return err
	}
	r, err := node.Start(ctx, f, at, api.Config{}, node.Schedule{})
	if err != nil {
		return err
	}
	if _, err = c.show(ctx, f, clock, r.URL); err != nil || c.Once {
		return errors.Join(err, r.Close())
	}
	fmt.Fprintf(c.Terminal.Out, "\nserving %s until Ctrl-C\n", r.URL)
	return r.Wait(ctx)
}

// show makes the demonstration's data, checks it and prints it.
func (c *Config) show(ctx context.Context, f *node.Node, clock *clock, url string) (*demonstration, error) {
	begun := time.Now()
	d := &demonstration{folder: f, url: url, terminal: c.Terminal,
		past: past{simulated(c.Devices, c.Days, begun), c.Days}, clock: clock, version: c.Version}
	if err := d.make(ctx); err != nil {
		return nil, err
	}
	if err := d.check(ctx); err != nil {
		return nil, fmt.Errorf("%w: %w", console.ErrProblems, err)
	}
	took := time.Since(begun)
	return d, errors.Join(d.showWorst(ctx), d.summarize(took), d.showNext(ctx, c.Program, c.Once, runtime.GOOS))
}

// demoFile marks a folder as one of a demonstration, which may be emptied.
const demoFile = "demo"

// open opens a folder for a demonstration, and empties one of an earlier demonstration. It
// refuses any other folder that is not empty.
func open(ctx context.Context, c node.Config) (*node.Node, error) {
	_, err := os.Stat(filepath.Join(c.Path, demoFile))
	switch {
	case err == nil:
		if err := emptyFolder(c); err != nil {
			return nil, fmt.Errorf("emptying %q: %w", c.Path, err)
		}
	case !errors.Is(err, fs.ErrNotExist):
		return nil, fmt.Errorf("%w: %w", node.ErrFolder, err)
	case !isVacant(c.Path):
		return nil, plain.Hinted(fmt.Errorf("%w: %q is not empty, and not of a demonstration", node.ErrFolder, c.Path),
			"use another folder: --data DIR")
	}
	f, err := node.Open(ctx, c)
	if err != nil {
		return nil, err
	}
	if err := os.WriteFile(filepath.Join(f.Path, demoFile), []byte(sample.Notice()), 0o600); err != nil {
		return nil, errors.Join(fmt.Errorf("marking the folder: %w", err), f.Close())
	}
	return f, nil
}

// isVacant tells whether a folder is empty or absent.
func isVacant(path string) bool {
	entries, err := os.ReadDir(path)
	return errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0
}

// emptyFolder removes everything in a folder but the lock, which it holds.
func emptyFolder(c node.Config) (err error) {
	l, err := node.TakeLock(filepath.Join(c.Path, node.LockFile), c.Command)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, l.Release()) }()
	entries, err := os.ReadDir(c.Path)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		if entry.Name() == node.LockFile || entry.Name() == demoFile {
			continue
		}
		if err := os.RemoveAll(filepath.Join(c.Path, entry.Name())); err != nil {
			return err
		}
	}
	return os.Remove(filepath.Join(c.Path, demoFile)) // last: while it is there the folder may be emptied
}

// listenNear listens on an address of this machine only. If the port is in use, it tries the
// next ones.
func listenNear(ctx context.Context, address string, log *slog.Logger) (*node.Endpoint, error) {
	const ports = 100
	listen := func(address string) (*node.Endpoint, error) {
		return node.Listen(ctx, node.Listening{Address: address}, "", nil, log)
	}
	at, err := listen(address)
	for n := 1; n < ports && node.AddressInUse(err); n++ {
		host, port, splitErr := net.SplitHostPort(address)
		number, portErr := strconv.Atoi(port)
		if splitErr != nil || portErr != nil {
			return nil, err
		}
		at, err = listen(net.JoinHostPort(host, strconv.Itoa(number+n)))
	}
	return at, err
}
