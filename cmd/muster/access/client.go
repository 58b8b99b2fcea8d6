package access

import (
	"context"
	"fmt"
	"strings"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// printClients prints clients for people.
func printClients(t *console.Terminal, rows [][]string) error {
	return t.Table([]string{"client", "name", "permissions", "groups", "credentials"}, rows)
}

// clientRow returns a client as a row of a table.
func clientRow(c *control.Client) []string {
	var proofs []string
	for _, p := range c.Credentials {
		proof := p.Kind + " " + p.Hint
		if p.ExpiresTime != nil {
			proof += " until " + console.InstantOrEmpty(p.ExpiresTime)
		}
		proofs = append(proofs, proof)
	}
	return []string{c.ID, c.Name, strings.Join(c.Permissions, ", "), groupsText(c.Groups), strings.Join(proofs, ", ")}
}

// clientListCmd is `muster client list`.
type clientListCmd struct {
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (clientListCmd) Help() string {
	return `Shows the first characters of secrets and the subjects of certificates.

Examples:

    muster client list --data muster-data
    muster client list --server http://127.0.0.1:8800 --json

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists clients.
func (c *clientListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListClients(), "listing clients", func(all control.ClientList) error {
		var rows [][]string
		for _, one := range all.Clients {
			rows = append(rows, clientRow(&one))
		}
		if all.Devices > 0 {
			rows = append(rows, []string{fmt.Sprintf("and %d devices with their own credentials", all.Devices)})
		}
		return printClients(t, rows)
	})
}

// clientRemoveCmd is `muster client remove`.
type clientRemoveCmd struct {
	Clients []string `arg:"" name:"client" help:"Ids or names of clients."`
	connect.Flags
}

// Help is the long part of the command's help.
func (clientRemoveCmd) Help() string {
	return `The client's tokens stop working at once; download links that it has work until they expire. The last client with Muster.Manage.All can only be removed with --data.

Examples:

    muster client remove siem --server http://127.0.0.1:8800

Exit statuses: 0 removed, 1 failed, 3 data folder in use, 5 no such client, or the last manager, 6 server not reached.`
}

// Run removes clients, and stops at the first one that is not found.
func (c *clientRemoveCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		err := s.ForEach(ctx, t, connect.Errand{Doing: "removing client", Done: "removed",
			Find: control.FindClient, Request: control.RemoveClient}, c.Clients)
		return hintAtFolder(err, "remove", strings.Join(c.Clients, " "))
	})
}

// hintAtFolder adds how to do on the data folder what a server refuses.
func hintAtFolder(err error, does, name string) error {
	if control.HasCode(err, control.CodeLastManager) {
		return plain.Hinted(err, "stop the server and run muster client %s %s --data DIR", does, name)
	}
	return err
}
