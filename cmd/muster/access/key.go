package access

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// keyRotateCmd is `muster key rotate`.
type keyRotateCmd struct {
	Purpose string `arg:"" enum:"token,link,page" help:"What the key signs: token, link (to files), or page (skip tokens)."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (keyRotateCmd) Help() string {
	return `Keys are rotated every 90 days by themselves. What the previous key signed stays valid until it expires, so clients do not notice.

Examples:

    muster key rotate token --server http://127.0.0.1:8800
    muster key rotate link --data muster-data

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run rotates a key.
func (c *keyRotateCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.RotateKey(c.Purpose), fmt.Sprintf("rotating the key for %q", c.Purpose),
		func(control.RotatedKey) error {
			_, err := fmt.Fprintf(t.Out, "a new key signs each %s from now on\n", c.Purpose)
			return err
		})
}
