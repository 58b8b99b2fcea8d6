package access

import (
	"context"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// organizationAddCmd is `muster organization add`.
type organizationAddCmd struct {
	Name string `arg:"" help:"Name of the organization."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (organizationAddCmd) Help() string {
	return `An organization owns its devices, groups, clients and snapshots, and sees nothing of other organizations. Feeds and keys belong to the server. The command makes a client that may manage the new organization and nothing else; its secret is shown once.

Only clients of the home organization, which every data folder has, may add organizations.

Examples:

    muster organization add "Example Ltd" --data muster-data
    muster organization add "Example Ltd" --server http://127.0.0.1:8800 --json

Exit statuses: 0 made, 1 failed, 3 data folder in use, 5 refused, 6 server not reached.`
}

// Run makes an organization.
func (c *organizationAddCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.AddOrganization(control.OrganizationRequest{Name: c.Name}),
			"adding organization %q", c.Name)
		if err != nil {
			return err
		}
		return printIssued(t, c.JSON, reply)
	})
}

// organizationListCmd is `muster organization list`.
type organizationListCmd struct {
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (organizationListCmd) Help() string {
	return `The id is the tenant id in the addresses of tokens.

Examples:

    muster organization list --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// Run lists organizations.
func (c *organizationListCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListOrganizations(), "listing organizations", func(all control.OrganizationList) error {
		var rows [][]string
		for _, o := range all.Organizations {
			note := ""
			if o.Home {
				note = "home"
			}
			rows = append(rows, []string{o.ID, o.Name, note})
		}
		return t.Table([]string{"organization", "name", ""}, rows)
	})
}
