package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/store"
)

// collectCmd is `muster collect`.
type collectCmd struct {
	Root   string `placeholder:"DIR" help:"Collect the Linux machine whose / is mounted or was copied here."`
	Name   string `placeholder:"NAME" help:"Name of the device, in place of its host name."`
	OS     string `name:"os" placeholder:"ID:VERSION" help:"Distribution and release, in place of os-release, such as ubuntu:18.04."`
	Output string `short:"o" placeholder:"FILE" help:"Write the report here, in place of standard output."`
	Pretty bool   `help:"Write the report over several lines, for people."`
}

// Help is the long part of the command's help.
func (collectCmd) Help() string {
	return `Writes a report as JSON: identity, installed software and settings. It reads the package managers' databases and never walks the file system. Nothing is sent: muster report does that. What could not be read is a warning, and absent from the report.

Without --root it is this machine. As root it sees all settings.

Examples:

    muster collect --pretty
    muster collect | muster report - --server http://127.0.0.1:8800
    muster collect --root /mnt/disk --name web1.example.com --output web1.json

Exit statuses: 0 collected, 1 failed, 2 wrong usage, 5 nothing to collect there.`
}

// Run collects.
func (c *collectCmd) Run(ctx context.Context, t *terminal) error {
	shown := t.begin("collecting")
	report, warnings, err := collectMachine(ctx, collect.Config{Root: c.Root, Name: c.Name, OS: c.OS})
	shown.end()
	for _, w := range warnings {
		t.warn("%s", w)
	}
	if err != nil {
		return collectError(err)
	}
	text, err := c.encode(report)
	if err != nil {
		return err
	}
	if c.Output != "" {
		return os.WriteFile(c.Output, text, 0o600)
	}
	_, err = t.out.Write(text)
	return err
}

// collectMachine collects a machine as it is now, rpm databases that are SQLite
// files included.
func collectMachine(ctx context.Context, c collect.Config) (*inventory.Report, []collect.Warning, error) {
	store.RegisterRPMDriver()
	c.Now = time.Now().UTC()
	return collect.Collect(ctx, c)
}

// collectError adds advice and status to an error of collecting.
func collectError(err error) error {
	err = fmt.Errorf("collecting: %w", err)
	switch {
	case errors.Is(err, collect.ErrNoName):
		return hinted(err, "--name gives the device a name")
	case errors.Is(err, collect.ErrNothing):
		return hinted(err, "--root is the folder that holds etc, usr and var")
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
