package main

import (
	"context"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/benchmarking"
	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/intel"
)

// benchmarkCmd is `muster benchmark`.
type benchmarkCmd struct {
	benchmarking.Benchmark
	Import benchmarkImportCmd `cmd:"" help:"Judge all devices by the checks in a folder, too."`
}

// benchmarkImportCmd is `muster benchmark import`.
type benchmarkImportCmd struct {
	Folder string `arg:"" name:"dir" placeholder:"DIR" help:"Folder of checks, *.yaml."`
	Name   string `default:"checks" placeholder:"NAME" help:"Name of the feed of kind checks that they become; one of the same name is replaced."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (benchmarkImportCmd) Help() string {
	return `Lints and tests a folder of checks, and imports it as a feed of kind checks: the next snapshot judges the devices of all organizations by these checks, above those that come with muster. A folder with a fault changes nothing. muster feed list shows the feed, muster feed remove checks NAME goes back.

Examples:

    muster benchmark import my-checks --data muster-data
    muster benchmark import my-checks --server http://127.0.0.1:8800

Exit statuses: 0 imported, 1 failed, 2 wrong usage, 3 data folder in use, 4 something is wrong in the folder, 5 the folder cannot be read, or is refused, 6 server not reached.`
}

// Run tests the checks and imports them.
func (c *benchmarkImportCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if err := benchmarking.Check(ctx, t, c.Folder, c.JSON); err != nil {
		return err
	}
	feed := feedImportCmd{Args: []string{string(intel.Checks), c.Folder}, Name: c.Name, AllowShrink: true, Replace: true,
		ReplyFlags: c.ReplyFlags}
	return feed.Run(ctx, k, t)
}
