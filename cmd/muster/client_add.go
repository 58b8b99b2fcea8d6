package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"time"

	"github.com/alecthomas/kong"
)

// clientAddCmd is `muster client add`.
type clientAddCmd struct {
	Name       string   `arg:"" help:"Name of the client, for people."`
	Permission []string `required:"" placeholder:"NAME" help:"What it may do; several are separated by commas, or the flag is repeated."`
	Group      []string `placeholder:"NAME" sep:"none" help:"RBAC group whose devices it sees; repeated for several. All groups if absent; Unassigned are devices in none."`
	proofFlags
	NoSecret bool `help:"Make no secret: the certificate alone proves it."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (clientAddCmd) Help() string {
	return `Permissions are:

    Vulnerability.Read.All   read findings, their changes, and configurations
    Software.Read.All        read software
    Reports.Write.All        send reports of any device
    Muster.Manage.All        all of the above's administration: publish, devices, clients, groups; in the home organization also feeds, organizations, keys and metrics

The secret is shown once: only its hash is kept. It works before the first start of a server, too; a data folder is made if absent.

Examples:

    muster client add siem --permission Vulnerability.Read.All,Software.Read.All --data muster-data
    muster client add web-team --permission Software.Read.All --group Web --group "Web Lab" --server http://127.0.0.1:8800 --json
    muster client add collector --permission Reports.Write.All --certificate collector.pem --no-secret --data muster-data

Exit statuses: 0 made, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, such as an unknown permission, 6 server not reached.`
}

// Run makes a client.
func (c *clientAddCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	if c.NoSecret && c.Certificate == "" {
		return usage("--no-secret needs --certificate: a client must be able to prove itself")
	}
	body := map[string]any{"name": c.Name, "permissions": c.Permission, "secret": !c.NoSecret}
	if len(c.Group) > 0 {
		body["groups"] = c.Group
	}
	if err := c.fill(body); err != nil {
		return err
	}
	s, err := c.open(ctx, k, t, need{make: true})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var reply json.RawMessage
	if err := s.do(ctx, call{method: http.MethodPost, path: "/v1/clients", body: object(body), contentType: jsonType}, &reply); err != nil {
		return fmt.Errorf("adding client %q: %w", c.Name, err)
	}
	return printIssued(t, reply, c.JSON)
}

// proofFlags say what a client will prove itself by.
type proofFlags struct {
	Certificate string        `placeholder:"FILE" help:"Certificate in PEM form: whoever signs with its key is the client."`
	Expires     time.Duration `placeholder:"TIME" help:"How long the secret is good, such as 8760h; without end if absent."`
}

// fill adds the flags to the body of a request.
func (p *proofFlags) fill(body map[string]any) error {
	if p.Expires != 0 {
		body["lifetimeSeconds"] = int64(p.Expires / time.Second)
	}
	if p.Certificate == "" {
		return nil
	}
	text, err := readCertificate(p.Certificate)
	body["certificate"] = text
	return err
}

// readCertificate reads the first certificate of a file. What else is there, a
// private key say, stays there.
func readCertificate(path string) (string, error) {
	text, err := readPEM(path)
	if err != nil {
		return "", fmt.Errorf("reading the certificate: %w", err)
	}
	for block, rest := pem.Decode(text); block != nil; block, rest = pem.Decode(rest) {
		if block.Type == "CERTIFICATE" {
			return string(pem.EncodeToMemory(block)), nil
		}
	}
	return "", fmt.Errorf("%w: %q holds no certificate in PEM form", errInput, path)
}
