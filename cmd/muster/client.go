package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"time"

	"github.com/alecthomas/kong"
)

// clientCmd is `muster client`.
type clientCmd struct {
	Add    clientAddCmd    `cmd:"" help:"Give an application access, and show its secret."`
	List   clientListCmd   `cmd:"" help:"List applications that have access."`
	Change clientChangeCmd `cmd:"" help:"Change name, permissions or groups of a client."`
	Rotate clientRotateCmd `cmd:"" help:"Give a client a new secret, or one more certificate."`
	Remove clientRemoveCmd `cmd:"" help:"Take a client's access away, at once."`
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

// printClients prints clients for people.
func printClients(t *terminal, rows [][]string) error {
	return t.table([]string{"client", "name", "permissions", "groups", "proved by"}, rows)
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
	return printClients(t, rows)
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
	err = s.forEach(ctx, t, errand{doing: "removing client", done: "removed", find: s.findClient, path: "/v1/clients/"}, c.Clients)
	return hintAtFolder(err, "remove", strings.Join(c.Clients, " "))
}

// hintAtFolder says how to do to a client what a server refuses.
func hintAtFolder(err error, does, name string) error {
	var reply *replyError
	if errors.As(err, &reply) && reply.Status == http.StatusConflict {
		return hinted(err, "muster client %s %s --data DIR, while no server holds the folder", does, name)
	}
	return err
}
