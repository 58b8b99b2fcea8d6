package main

import (
	"context"
	"os"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/demo"
	"github.com/muster-project/muster/internal/node"
)

// demoFolder is the folder of a demonstration without --data.
const demoFolder = "demo-data"

// demoCmd is `muster demo`.
type demoCmd struct {
	Once    bool   `help:"Check everything and exit instead of serving."`
	Data    string `default:"demo-data" placeholder:"DIR" help:"Folder of the demonstration; emptied first."`
	Listen  string `default:"127.0.0.1:8810" placeholder:"ADDR" help:"Address to listen on. If it is in use, the next free port is taken."`
	Devices int    `default:"40" help:"Number of devices to simulate."`
	Days    int    `default:"14" help:"Days of the past to simulate, a snapshot each."`
}

// Help is the long part of the command's help.
func (demoCmd) Help() string {
	return `Collects this machine, simulates a small fleet beside it, assesses all of it against a sample of real intelligence, publishes a snapshot for each day of the last two weeks, checks itself, and serves the result until Ctrl-C. It needs no network. Simulated are the devices and their past; this machine, as it is today, and the intelligence are real.

The folder of an earlier demonstration is emptied. Any other folder that is not empty is refused.

Examples:

    muster demo
    muster demo --once --data /tmp/muster-demo
    muster demo --devices 2000 --days 1

Exit statuses: 0 all checks passed, 1 failed, 2 wrong usage, 3 folder refused or in use, 4 a check failed.`
}

// Run runs the demonstration.
func (c *demoCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Devices < 1 || c.Devices > demo.MaxDevices {
		return console.Usage("--devices is %d, must be 1 to %d", c.Devices, demo.MaxDevices)
	}
	if c.Days < 1 || c.Days > demo.MaxDays {
		return console.Usage("--days is %d, must be 1 to %d", c.Days, demo.MaxDays)
	}
	if err := (node.Listening{Address: c.Listen}).Check(); err != nil {
		return adviseListening(err)
	}
	return demo.Run(ctx, demo.Config{Data: c.Data, Program: os.Args[0], Command: k.Selected().Name, Version: t.Version,
		Listen: c.Listen, Devices: c.Devices, Days: c.Days, Once: c.Once, Terminal: t})
}
