package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/alecthomas/kong"
)

// keyCmd is `muster key`.
type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Sign with a new key from now on."`
}

// keyRotateCmd is `muster key rotate`.
type keyRotateCmd struct {
	Purpose string `arg:"" enum:"token,link,page" help:"What the key signs: token, link (to files), or page (skip tokens)."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (keyRotateCmd) Help() string {
	return `Keys are rotated every 90 days without being asked. What the key before has signed stays good for its time: nobody notices.

Examples:

    muster key rotate token --server http://127.0.0.1:8800
    muster key rotate link --data muster-data

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run rotates a key.
func (c *keyRotateCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var reply json.RawMessage
	if err := s.do(ctx, call{method: http.MethodPost, path: "/v1/keys/" + c.Purpose + "/rotate"}, &reply); err != nil {
		return fmt.Errorf("rotating the key for %q: %w", c.Purpose, err)
	}
	if c.JSON {
		return t.json(reply)
	}
	fmt.Fprintf(t.out, "a new key signs what is a %s\n", c.Purpose)
	return nil
}
