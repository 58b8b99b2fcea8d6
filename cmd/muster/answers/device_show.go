package answers

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// deviceShowCmd is `muster device show`.
type deviceShowCmd struct {
	Device string `arg:"" help:"Id or whole name of the device."`
	Since  string `placeholder:"TIME" xor:"form" help:"With the changes of its findings after this day or time, or in this time, such as 2026-11-23 or 72h, up to 14 days back."`
	connect.Flags
	JSON bool `xor:"form" help:"Print JSON: everything that is known, with the report that is assessed and what every check says."`
}

// Help is the long part of the command's help.
func (deviceShowCmd) Help() string {
	return `Shows a device, how far it was assessed, the updates of Windows that it lacks, its worst findings, to which versions to update its software, the checks of settings that fail, with what was measured, where it was set and the remedy, and with --since what changed. muster findings, recommendations and configurations with --device have all of them; --json has every check.

Examples:

    muster device show web1.example.com --data muster-data
    muster device show web1.example.com --since 72h --server http://127.0.0.1:8800
    muster device show 27517c035f2f146e6d6f86bba08664c5369017e7 --server http://127.0.0.1:8800 --json

Exit statuses: 0 shown, 1 failed, 3 data folder in use, 5 no such device, 6 server not reached.`
}

// Run shows a device.
func (c *deviceShowCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	since, err := sinceTime(c.Since, time.Now())
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		_, reply, err := showDevice(ctx, s, c.Device)
		if err != nil {
			return err
		}
		p := &portrait{ctx, s, t, &reply.Value}
		if c.JSON {
			if reply.JSON, err = p.withChecks(reply.JSON); err != nil {
				return err
			}
		}
		return connect.Show(t, c.JSON, reply, func(control.DeviceReport) error {
			history := func() error { return p.history(since) }
			for _, part := range []func() error{p.begin, p.missing, p.worst, p.advice, p.failing, history} {
				if err := part(); err != nil {
					return err
				}
			}
			return nil
		})
	})
}
