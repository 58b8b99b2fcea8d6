package access

import (
	"context"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// clientRotateCmd is `muster client rotate`.
type clientRotateCmd struct {
	Client string        `arg:"" help:"Id or name of the client."`
	Keep   time.Duration `default:"24h" help:"How long the old secret stays valid; 0 ends it at once."`
	proofFlags
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (clientRotateCmd) Help() string {
	return `Makes a new secret, which is shown once. The one before stays valid for --keep, so that the application keeps working meanwhile; older ones end at once. A client has at most two valid secrets.

With --certificate it adds a certificate instead of a secret. A client has at most two valid certificates.

Examples:

    muster client rotate siem --server http://127.0.0.1:8800
    muster client rotate siem --keep 0 --data muster-data --json

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such client, 6 server not reached.`
}

// Run rotates a client's secret.
func (c *clientRotateCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Certificate != "" && c.Expires != 0 {
		return console.Usage("--expires is for secrets: a certificate has its own expiry")
	}
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		id, err := control.FindClient(ctx, s.Session, c.Client)
		if err != nil {
			return s.Explain(err)
		}
		keep := int64(c.Keep / time.Second)
		request := control.RotateSecret(id, control.RotationRequest{KeepSeconds: &keep, LifetimeSeconds: seconds(c.Expires)})
		if certificate != "" {
			request = control.AddCertificate(id, control.CertificateRequest{Certificate: certificate})
		}
		reply, err := connect.Ask(ctx, s, request, "rotating client %q", c.Client)
		if err != nil {
			return err
		}
		return printIssued(t, c.JSON, reply)
	})
}
