package access

import (
	"context"
	"encoding/pem"
	"fmt"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
)

// clientAddCmd is `muster client add`.
type clientAddCmd struct {
	Name       string   `arg:"" help:"Name of the client."`
	Permission []string `required:"" placeholder:"NAME" help:"What the client may do. Separate several by commas, or repeat the flag."`
	Group      []string `placeholder:"NAME" sep:"none" help:"RBAC group whose devices the client sees; repeat for several. Default: all groups. Unassigned means devices in no group."`
	NewGroups  bool     `help:"Make groups of --group that do not exist. Else they are refused, since most are mistakes."`
	proofFlags
	NoSecret bool `help:"Make no secret: the client authenticates by its certificate only."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (clientAddCmd) Help() string {
	return `Permissions are:

    Vulnerability.Read.All   read findings, their changes, and configurations
    Software.Read.All        read software
    Machine.Read.All         read the list of machines; Machine.ReadWrite.All means the same
    SecurityRecommendation.Read.All
                             read recommendations
    Score.Read.All           read the exposure and configuration scores
    AdvancedQuery.Read.All   for clients that ask for it: advanced queries are not implemented
    Reports.Write.All        send reports of any device
    Muster.Manage.All        manage the organization: publish, devices, clients, groups, metrics; in the home organization also feeds, organizations and keys
    Metrics.Read.All         read metrics and nothing else; of the whole server for a client of the home organization that sees all groups
    Audit.Read.All           read the organization's audit log
    Exceptions.Write.All     add, import and remove exceptions, in the groups that the client sees

The secret is shown once: only its hash is kept. The command works before the first start of a server, too: it makes the data folder if there is none.

Examples:

    muster client add siem --permission Vulnerability.Read.All,Software.Read.All --data muster-data
    muster client add web-team --permission Software.Read.All --group Web --group "Web Lab" --server http://127.0.0.1:8800 --json
    muster client add collector --permission Reports.Write.All --certificate collector.pem --no-secret --data muster-data

Exit statuses: 0 made, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, such as an unknown permission, 6 server not reached.`
}

// Run makes a client.
func (c *clientAddCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.NoSecret && c.Certificate == "" {
		return console.Usage("--no-secret needs --certificate: a client needs a credential")
	}
	certificate, err := c.certificate()
	if err != nil {
		return err
	}
	secret := !c.NoSecret
	wanted := control.ClientRequest{Access: control.Access{Name: c.Name, Permissions: c.Permission, Groups: c.Group},
		Secret: &secret, Certificate: certificate, LifetimeSeconds: seconds(c.Expires)}
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		if !c.NewGroups {
			if err := s.CheckGroups(ctx, c.Group); err != nil {
				return fmt.Errorf("adding client %q: %w", c.Name, err)
			}
		}
		reply, err := connect.Ask(ctx, s, control.AddClient(wanted), "adding client %q", c.Name)
		if err != nil {
			return err
		}
		return printIssued(t, c.JSON, reply)
	})
}

// proofFlags describe the credential of a client.
type proofFlags struct {
	Certificate string        `placeholder:"FILE" help:"Certificate in PEM form. The client signs assertions with its key."`
	Expires     time.Duration `placeholder:"TIME" help:"How long the secret is valid, such as 8760h. Default: without end."`
}

// seconds returns a duration in seconds, as requests have it; nil for 0.
func seconds(d time.Duration) *int64 {
	if d == 0 {
		return nil
	}
	n := int64(d / time.Second)
	return &n
}

// certificate returns the first certificate of the file, and "" if no file is named. It
// returns nothing else of the file: a private key in it is not sent.
func (p *proofFlags) certificate() (string, error) {
	if p.Certificate == "" {
		return "", nil
	}
	text, err := node.ReadPEM(p.Certificate)
	if err != nil {
		return "", fmt.Errorf("reading the certificate: %w", err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return string(pem.EncodeToMemory(block)), nil
		}
	}
	return "", fmt.Errorf("%w: no certificate in PEM form in %q", control.ErrInput, p.Certificate)
}
