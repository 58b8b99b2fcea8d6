package main

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// printClients prints clients for people.
func printClients(t *console.Terminal, rows [][]string) error {
	return t.Table([]string{"client", "name", "permissions", "groups", "proved by"}, rows)
}

// clientRow is a client as a line of a table.
func clientRow(c *control.Client) []string {
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
	replyFlags
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
func (c *clientListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return list(ctx, k, t, &c.replyFlags, control.ListClients(), "listing clients", func(all control.ClientList) error {
		var rows [][]string
		for _, one := range all.Clients {
			rows = append(rows, clientRow(&one))
		}
		if all.Devices > 0 {
			rows = append(rows, []string{fmt.Sprintf("and %d devices with credentials of their own", all.Devices)})
		}
		return printClients(t, rows)
	})
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
func (c *clientRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.work(ctx, k, t, need{}, func(s *state) error {
		err := s.forEach(ctx, t, errand{"removing client", "removed", control.FindClient, control.RemoveClient}, c.Clients)
		return hintAtFolder(err, "remove", strings.Join(c.Clients, " "))
	})
}

// hintAtFolder says how to do to a client what a server refuses.
func hintAtFolder(err error, does, name string) error {
	if control.HasCode(err, control.CodeLastManager) {
		return plain.Hinted(err, "muster client %s %s --data DIR, while no server holds the folder", does, name)
	}
	return err
}
