package answers

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// deviceAcceptCmd is `muster device accept`.
type deviceAcceptCmd struct {
	Device string `arg:"" help:"Id or whole name of the device."`
	connect.Flags
}

// Help is the long part of the command's help.
func (deviceAcceptCmd) Help() string {
	return `A device that reports for itself keeps the name and platform of its first report. Names and platforms that it reports later, and its tags, are claims: muster device show prints them. This command accepts the claims and prints them. Group rules apply to what is accepted.

Examples:

    muster device accept web1.example.com --server https://muster.example.com

Exit statuses: 0 accepted, 1 failed, 3 data folder in use, 5 no such device, or it claims nothing, 6 server not reached.`
}

// Run accepts what a device claims now.
func (c *deviceAcceptCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		id, d, err := showDevice(ctx, s, c.Device)
		if err != nil {
			return err
		}
		claims := d.Value.Claims
		if claims == nil {
			return fmt.Errorf("%w: device %q claims nothing", control.ErrInput, c.Device)
		}
		if _, err := connect.Ask(ctx, s, control.AcceptClaims(id, *claims),
			"accepting what device %q claims", c.Device); err != nil {
			return err
		}
		return t.Table([]string{"accepted", id}, claimRows(claims))
	})
}
