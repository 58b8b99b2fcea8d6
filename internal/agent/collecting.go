package agent

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/plain"
)

// write collects to a file or standard output.
func (c *Command) write(ctx context.Context, t *console.Terminal) error {
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

// collect collects the machine of the command.
func (c *Command) collect(ctx context.Context, t *console.Terminal) (*inventory.Report, error) {
	return Collect(ctx, t, c.machine())
}

// Collect collects a machine, and warns of what could not be read. Its errors have hints for people who
// use the flags of Command.
func Collect(ctx context.Context, t *console.Terminal, machine collect.Config) (*inventory.Report, error) {
	shown := t.Begin("collecting")
	report, warnings, err := collect.Collect(ctx, machine)
	shown.End()
	for _, w := range warnings {
		t.Warn("%s", w)
	}
	return report, collectError(err)
}

// machine returns what to collect.
func (c *Command) machine() collect.Config {
	machine := collect.Config{Root: c.Root, Name: c.Name, OS: c.OS, Time: c.TimeLimit, Version: c.version, Mac: c.mac,
		Now: time.Now().UTC()}
	c.Into(&machine)
	return machine
}

// collectError adds a hint and an exit status to an error of collecting.
func collectError(err error) error {
	if err == nil {
		return nil
	}
	err = fmt.Errorf("collecting: %w", err)
	switch {
	case errors.Is(err, collect.ErrRoot):
		return console.AsNamed(err)
	case errors.Is(err, collect.ErrNoName):
		return plain.Hinted(err, "--name NAME names the device")
	case errors.Is(err, collect.ErrNothing):
		return plain.Hinted(err, "--root is the folder that contains etc, usr and var")
	}
	return err
}

func (c *Command) encode(report *inventory.Report) ([]byte, error) {
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
