package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/plain"
)

// collectCmd is `muster collect`.
type collectCmd struct {
	Root      string        `placeholder:"DIR" help:"Collect the Linux machine whose / is mounted or was copied here."`
	Name      string        `placeholder:"NAME" help:"Name of the device, in place of its host name."`
	OS        string        `name:"os" placeholder:"ID:VERSION" help:"Distribution and release, in place of os-release, such as ubuntu:18.04."`
	TimeLimit time.Duration `default:"5m" help:"How long collecting may take, and a source of it a quarter of that. What was not read by then is a warning."`
	Output    string        `short:"o" placeholder:"FILE" help:"Write the report here, in place of standard output."`
	Pretty    bool          `help:"Write the report over several lines, for people."`

	// Server has no variable: muster collect must not send by surprise.
	Server string        `placeholder:"URL" help:"Send the report to this server, as an enrolled device."`
	Enroll string        `placeholder:"SECRET" help:"With --server: the secret of an enrolment, for the first time; or @FILE, or the variable MUSTER_ENROLL_SECRET."`
	Every  time.Duration `env:"MUSTER_EVERY" placeholder:"TIME" help:"With --server: go on, and send a report each time, such as 4h."`
	State  string        `placeholder:"DIR" env:"MUSTER_STATE" help:"With --server: where the device's credential is kept."`
	console.Secrecy
	console.Outgoing
	console.LogFlags
}

// minTimeLimit is the least time that collecting is given.
const minTimeLimit = time.Second

// Help is the long part of the command's help.
func (collectCmd) Help() string {
	return `Writes a report as JSON: identity, installed software and settings. It reads the package managers' databases and never walks the file system. Nothing is sent unless --server says so. What could not be read is a warning, and absent from the report. Nothing on the disk is trusted or executed, nothing is copied to temporary folders, and whatever is wrong with a file costs the report that one source.

Without --root it is this machine. As root it sees all settings.

With --server the machine reports for itself. The first time it trades the secret of an enrolment (muster enroll create) for a credential of its own, which can write the reports of this one device; it is kept in --state, by default ` + defaultState() + `, and no secret is needed later. --every goes on until it is stopped: times vary by a tenth, a server that is away is tried again after longer and longer waits, and the newest report waits in the state's folder meanwhile. doc/agent.md has units for systemd, launchd and Windows.

Examples:

    muster collect --pretty
    muster collect | muster report - --server http://127.0.0.1:8800
    muster collect --root /mnt/disk --name web1.example.com --output web1.json
    muster collect --server https://muster.example.com --enroll @/etc/muster/enroll
    muster collect --server https://muster.example.com --every 4h

Exit statuses: 0 collected, and sent, 1 failed, 2 wrong usage, 5 nothing to collect there, or the server refuses the device, 6 server not reached or busy.`
}

// Run collects.
func (c *collectCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if err := c.check(k); err != nil {
		return err
	}
	switch {
	case c.Server == "":
		return c.write(ctx, t)
	case c.Every == 0:
		return c.reportOnce(ctx, t)
	}
	return c.reportEvery(ctx, t)
}

// check refuses flags that do not go together.
func (c *collectCmd) check(k *kong.Context) error {
	if c.TimeLimit < minTimeLimit {
		return console.Usage("--time-limit is %v, must be at least %v", c.TimeLimit, minTimeLimit)
	}
	if c.Server == "" {
		for _, name := range []string{"enroll", "every", "state", "insecure-http", "ca-file"} {
			if console.OnLine(k, name) {
				return console.Usage("--%s goes with --server", name)
			}
		}
		return nil
	}
	switch {
	case c.Output != "" || c.Pretty:
		return console.Usage("--output and --pretty do not go with --server")
	case c.Every != 0 && c.Every < agent.MinEvery:
		return console.Usage("--every is %v, must be at least %v", c.Every, agent.MinEvery)
	}
	return nil
}

// write collects to a file or standard output.
func (c *collectCmd) write(ctx context.Context, t *console.Terminal) error {
	report, err := c.collect(ctx, t)
	if err != nil {
		return err
	}
	text, err := c.encode(report)
	if err != nil {
		return err
	}
	if c.Output != "" {
		return os.WriteFile(c.Output, text, 0o600)
	}
	_, err = t.Out.Write(text)
	return err
}

// collect collects, and warns of what could not be read.
func (c *collectCmd) collect(ctx context.Context, t *console.Terminal) (*inventory.Report, error) {
	shown := t.Begin("collecting")
	report, warnings, err := collectMachine(ctx, c.machine())
	shown.End()
	for _, w := range warnings {
		t.Warn("%s", w)
	}
	return report, collectError(err)
}

// machine is what to collect.
func (c *collectCmd) machine() collect.Config {
	return collect.Config{Root: c.Root, Name: c.Name, OS: c.OS, Time: c.TimeLimit}
}

// collectMachine collects a machine as it is now.
func collectMachine(ctx context.Context, c collect.Config) (*inventory.Report, []collect.Warning, error) {
	c.Version, c.Now = version, time.Now().UTC()
	return collect.Collect(ctx, c)
}

// collectError adds advice and status to an error of collecting.
func collectError(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("collecting: %w", err)
	switch {
	case errors.Is(err, collect.ErrNoName):
		return plain.Hinted(err, "--name gives the device a name")
	case errors.Is(err, collect.ErrNothing):
		return plain.Hinted(err, "--root is the folder that holds etc, usr and var")
	}
	return err
}

func (c *collectCmd) encode(report *inventory.Report) ([]byte, error) {
	encode := json.Marshal
	if c.Pretty {
		encode = func(v any) ([]byte, error) { return json.MarshalIndent(v, "", "  ") }
	}
	text, err := encode(report)
	if err != nil {
		return nil, fmt.Errorf("writing the report: %w", err)
	}
	return append(text, '\n'), nil
}
