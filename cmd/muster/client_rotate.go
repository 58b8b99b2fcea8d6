package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"
	"time"

	"github.com/alecthomas/kong"
)

// clientRotateCmd is `muster client rotate`.
type clientRotateCmd struct {
	Client string        `arg:"" help:"Id or name of the client."`
	Keep   time.Duration `default:"24h" help:"How long the old secret stays good; 0 ends it at once."`
	proofFlags
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (clientRotateCmd) Help() string {
	return `Makes a new secret, which is shown once. The one before stays good for --keep, so that the application can go on meanwhile; older ones end at once. Two secrets are good at a time.

With --certificate it adds that in place of a secret; two certificates are good at a time.

Examples:

    muster client rotate siem --server http://127.0.0.1:8800
    muster client rotate siem --keep 0 --data muster-data --json

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such client, 6 server not reached.`
}

// Run rotates a client's secret.
func (c *clientRotateCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	if c.Certificate != "" && c.Expires != 0 {
		return usage("--expires is for secrets: a certificate has its own end")
	}
	body, what := map[string]any{}, "/certificates"
	if err := c.fill(body); err != nil {
		return err
	}
	if c.Certificate == "" {
		what, body["keepSeconds"] = "/rotate", int64(c.Keep/time.Second)
	}
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	id, err := s.findClient(ctx, c.Client)
	if err != nil {
		return err
	}
	var reply json.RawMessage
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/clients/" + url.PathEscape(id) + what, body: object(body), contentType: jsonType}, &reply)
	if err != nil {
		return fmt.Errorf("rotating client %q: %w", c.Client, err)
	}
	return printIssued(t, reply, c.JSON)
}
