package access

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// clientChangeCmd is `muster client change`.
type clientChangeCmd struct {
	Client     string   `arg:"" help:"Id or name of the client."`
	Name       string   `placeholder:"NAME" help:"New name."`
	Permission []string `placeholder:"NAME" help:"What the client may do from now on; replaces its permissions."`
	Group      []string `placeholder:"NAME" sep:"none" xor:"groups" help:"RBAC group that the client sees from now on; replaces its groups. Repeat for several."`
	NewGroups  bool     `help:"Make groups of --group that do not exist. Else they are refused, since most are mistakes."`
	AllGroups  bool     `xor:"groups" help:"Let the client see all groups."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (clientChangeCmd) Help() string {
	return `Only what is named changes; secrets stay. Changes apply at once, also to tokens that the client already has.

Examples:

    muster client change web-team --group Web --group Lab --server http://127.0.0.1:8800
    muster client change siem --permission Vulnerability.Read.All --data muster-data

Exit statuses: 0 changed, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, 6 server not reached.`
}

// Run changes a client.
func (c *clientChangeCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	if c.Name == "" && len(c.Permission) == 0 && len(c.Group) == 0 && !c.AllGroups {
		return console.Usage("nothing to change: want --name, --permission, --group or --all-groups")
	}
	change := control.ClientChange{Name: c.Name, Permissions: c.Permission, Groups: c.Group, AllGroups: c.AllGroups}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		id, err := control.FindClient(ctx, s.Session, c.Client)
		if err != nil {
			return s.Explain(err)
		}
		if !c.NewGroups {
			if err := s.CheckGroups(ctx, c.Group); err != nil {
				return fmt.Errorf("changing client %q: %w", c.Client, err)
			}
		}
		reply, err := connect.Ask(ctx, s, control.ChangeClient(id, change), "changing client %q", c.Client)
		if err != nil {
			return hintAtFolder(err, "change", c.Client)
		}
		warnOfGroups(t, reply.Value.NewGroups)
		return connect.Show(t, c.JSON, reply, func(changed control.ChangedClient) error {
			return printClients(t, [][]string{clientRow(&changed.Client)})
		})
	})
}
