package answers

import (
	"context"
	"fmt"
	"strconv"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
)

// Coverage is `muster coverage`.
type Coverage struct {
	FailUnder float64 `placeholder:"PERCENT" help:"Fail if fewer than this percentage of the pieces of software are wholly assessed."`
	Group     string  `placeholder:"GROUP" help:"Only devices of this RBAC group, by name or number."`
	Devices   bool    `help:"List the devices that are not wholly assessed; with --json one a line."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (Coverage) Help() string {
	return `Shows how far the devices of the newest snapshot were assessed, why not, and what to import. A device without findings may be sound, or nobody may have looked. Of checks of settings it counts those that fail, pass, do not apply, and those that are silent, with the reasons: a silent check is not one that passes. muster device show has the reasons of a device.

The percentage counts pieces of software that are wholly assessed, of all pieces on all devices. Without software it is 100 if all devices are assessed, else 0.

Examples:

    muster coverage --data muster-data
    muster coverage --devices --data muster-data
    muster coverage --server http://127.0.0.1:8800 --fail-under 95 --group Servers

Exit statuses: 0 shown, 1 failed, or below --fail-under, 2 wrong usage, 3 data folder in use, 5 no such group, or no snapshot yet, 6 server not reached.`
}

// Run shows the coverage.
func (c *Coverage) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.FailUnder < 0 || c.FailUnder > 100 {
		return console.Usage("--fail-under %v: want a percentage from 0 to 100", c.FailUnder)
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.ShowCoverage(c.Group), "showing coverage")
		if err != nil {
			return s.AdviseGroup(ctx, err, c.Group)
		}
		print := func(found control.Coverage) error { return printCoverage(t, &found) }
		if c.Devices {
			print = func(control.Coverage) error { return c.printDevices(ctx, s, t) }
		}
		if err := connect.Show(t, c.JSON && !c.Devices, reply, print); err != nil {
			return err
		}
		return coverages.Under(&reply.Value.Coverage, c.FailUnder)
	})
}

// printDevices prints the devices that are not wholly assessed.
func (c *Coverage) printDevices(ctx context.Context, s *connect.State, t *console.Terminal) error {
	var rows [][]string
	err := control.EachCovered(ctx, s.Session, "", "", c.Group, func(d control.Reply[control.CoveredDevice]) error {
		if c.JSON {
			_, err := fmt.Fprintf(t.Out, "%s\n", d.JSON)
			return err
		}
		rows = append(rows, []string{d.Value.ID, d.Value.Name, d.Value.OSPlatform, d.Value.OSVersion,
			coverages.State(d.Value.State, d.Value.Reason)})
		return nil
	})
	if err != nil {
		return fmt.Errorf("listing devices: %w", s.Explain(err))
	}
	if c.JSON {
		return nil
	}
	return t.Table([]string{"device", "name", "platform", "version", "coverage"}, rows)
}

// printCoverage prints the coverage of a snapshot.
func printCoverage(t *console.Terminal, c *control.Coverage) error {
	rows := append(coverages.Rows("devices", c.Devices), coverages.Rows("software", c.Software)...)
	if err := t.Table([]string{"", "count", "state", "why"}, rows); err != nil {
		return err
	}
	if len(c.Groups) > 1 {
		fmt.Fprintln(t.Out)
		if err := t.Table([]string{"group", "assessed", "partly", "not", "software", "failing", "silent"},
			coverages.GroupRows(c.Groups)); err != nil {
			return err
		}
	}
	if err := printFeedsOf(t, c.Feeds); err != nil {
		return err
	}
	if lines := coverages.Checks(c.Checks, devicesOf(&c.Coverage)); lines != nil {
		if err := t.Lines(append([]string{""}, lines...)); err != nil {
			return err
		}
	}
	return t.Lines(append([]string{""}, coverages.Lines(&c.Coverage)...))
}

// devicesOf is how many devices are counted.
func devicesOf(c *counts.Coverage) int64 {
	n := c.Unknown
	for _, one := range c.Devices {
		n += one.Count
	}
	return n
}

// printFeedsOf prints the feeds of a snapshot's catalog.
func printFeedsOf(t *console.Terminal, all []control.CoveringFeed) error {
	if len(all) == 0 {
		return t.Lines([]string{"", "no feed is imported"})
	}
	fmt.Fprintln(t.Out)
	var rows [][]string
	for i := range all {
		f := &all[i]
		rows = append(rows, []string{f.Kind, f.Name, strconv.FormatInt(f.Records, 10), f.Day, coverages.FeedNotes(f)})
	}
	return t.Table([]string{"kind", "feed", "records", "newest day", ""}, rows)
}
