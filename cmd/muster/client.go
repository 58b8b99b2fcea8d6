package main

import (
	"context"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/api"
)

// clientCmd is `muster client`.
type clientCmd struct {
	Add    clientAddCmd    `cmd:"" help:"Give an application access, and show its secret."`
	List   clientListCmd   `cmd:"" help:"List applications that have access."`
	Rotate clientRotateCmd `cmd:"" help:"Give a client a new secret, or one more certificate."`
	Remove clientRemoveCmd `cmd:"" help:"Take a client's access away, at once."`
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

// printIssued prints what a client needs to ask for tokens.
func printIssued(t *terminal, reply json.RawMessage, asJSON bool) error {
	var made api.Issued
	if err := json.Unmarshal(reply, &made); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	for _, name := range made.NewGroups {
		t.warn("the group %q is new, and empty until rules or reports name it", name)
	}
	if made.ClientSecret != "" {
		t.warn("the secret is shown this once, only its hash is kept")
	}
	if asJSON {
		return t.json(reply)
	}
	return t.table([]string{"tenant id", made.TenantID}, issuedRows(&made))
}

func issuedRows(made *api.Issued) (rows [][]string) {
	for _, row := range [][]string{
		{"organization", made.Organization}, {"client id", made.ClientID}, {"client secret", made.ClientSecret},
		{"good until", timeOrEmpty(made.ExpiresTime)}, {"old secret until", timeOrEmpty(made.PreviousExpiresTime)},
		{"name", made.Name}, {"permissions", strings.Join(made.Permissions, ", ")}, {"groups", groupsText(made.Groups)}, {"tokens from", made.TokenURL},
	} {
		if row[1] != "" {
			rows = append(rows, row)
		}
	}
	return rows
}

// groupsText writes the groups that a client sees for people; nil is all.
func groupsText(groups []string) string {
	if groups == nil {
		return "all"
	}
	return strings.Join(groups, ", ")
}

// timeOrEmpty writes a time for people.
func timeOrEmpty(at *time.Time) string {
	if at == nil {
		return ""
	}
	return at.UTC().Format(time.RFC3339)
}

// listedClient is a client as the API tells of it.
type listedClient struct {
	ID          string   `json:"clientId"`
	Name        string   `json:"name"`
	Permissions []string `json:"permissions"`
	Groups      []string `json:"groups"`
	Credentials []struct {
		Kind        string     `json:"kind"`
		Hint        string     `json:"hint"`
		ExpiresTime *time.Time `json:"expiresTime"`
	} `json:"credentials"`
}

// row is the client as a line of a table.
func (c *listedClient) row() []string {
	var proofs []string
	for _, p := range c.Credentials {
		proof := p.Kind + " " + p.Hint
		if p.ExpiresTime != nil {
			proof += " until " + timeOrEmpty(p.ExpiresTime)
		}
		proofs = append(proofs, proof)
	}
	return []string{c.ID, c.Name, strings.Join(c.Permissions, ", "), groupsText(c.Groups), strings.Join(proofs, ", ")}
}

// clientListCmd is `muster client list`.
type clientListCmd struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (clientListCmd) Help() string {
	return `Of a secret it shows the first characters, of a certificate the subject.

Examples:

    muster client list --data muster-data
    muster client list --server http://127.0.0.1:8800 --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists clients.
func (c *clientListCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var raw json.RawMessage
	if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/clients"}, &raw); err != nil {
		return fmt.Errorf("listing clients: %w", err)
	}
	if c.JSON {
		return t.json(raw)
	}
	var reply struct {
		Clients []listedClient `json:"clients"`
		Devices int64          `json:"devices"`
	}
	if err := json.Unmarshal(raw, &reply); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	var rows [][]string
	for _, one := range reply.Clients {
		rows = append(rows, one.row())
	}
	if reply.Devices > 0 {
		rows = append(rows, []string{fmt.Sprintf("and %d devices with credentials of their own", reply.Devices)})
	}
	return t.table([]string{"client", "name", "permissions", "groups", "proved by"}, rows)
}

// findClient returns the id of a client that is named by its id or name.
func (s *state) findClient(ctx context.Context, idOrName string) (string, error) {
	var reply struct{ Clients []listedClient }
	if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/clients"}, &reply); err != nil {
		return "", fmt.Errorf("looking for client %q: %w", idOrName, err)
	}
	for _, c := range reply.Clients {
		if strings.EqualFold(c.ID, idOrName) || c.Name == idOrName {
			return c.ID, nil
		}
	}
	return "", hinted(fmt.Errorf("%w: there is no client %q", errInput, idOrName), "muster client list shows all")
}

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
	body := map[string]any{}
	if err := c.fill(body); err != nil {
		return err
	}
	call := call{method: http.MethodPost, body: object(body), contentType: jsonType}
	what := "/certificates"
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
	call.path = "/v1/clients/" + url.PathEscape(id) + what
	var reply json.RawMessage
	if err := s.do(ctx, call, &reply); err != nil {
		return fmt.Errorf("rotating client %q: %w", c.Client, err)
	}
	return printIssued(t, reply, c.JSON)
}

// clientRemoveCmd is `muster client remove`.
type clientRemoveCmd struct {
	Clients []string `arg:"" name:"client" help:"Ids or names of clients."`
	stateFlags
}

// Help is the long part of the command's help.
func (clientRemoveCmd) Help() string {
	return `Tokens that a client has are worthless from then on; links to files that it was given live on for their hours. The last client with Muster.Manage.All can be removed with --data only.

Examples:

    muster client remove siem --server http://127.0.0.1:8800

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such client, or the last that manages, 6 server not reached.`
}

// Run removes clients, and stops at the first that there is not.
func (c *clientRemoveCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	for _, name := range c.Clients {
		id, err := s.findClient(ctx, name)
		if err != nil {
			return err
		}
		if err := s.do(ctx, call{method: http.MethodDelete, path: "/v1/clients/" + url.PathEscape(id)}, nil); err != nil {
			return fmt.Errorf("removing client %q: %w", name, hintAtFolder(err, name))
		}
		fmt.Fprintf(t.out, "removed %s\n", plain(name))
	}
	return nil
}

// hintAtFolder says how to remove a client that a server keeps.
func hintAtFolder(err error, name string) error {
	var reply *replyError
	if errors.As(err, &reply) && reply.Status == http.StatusConflict {
		return hinted(err, "muster client remove %s --data DIR, while no server holds the folder", name)
	}
	return err
}
