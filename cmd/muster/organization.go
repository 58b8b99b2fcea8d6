package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"github.com/alecthomas/kong"
)

// organizationCmd is `muster organization`.
type organizationCmd struct {
	Add  organizationAddCmd  `cmd:"" help:"Make an organization with its first administrator."`
	List organizationListCmd `cmd:"" help:"List the organizations of the server."`
}

// organizationAddCmd is `muster organization add`.
type organizationAddCmd struct {
	Name string `arg:"" help:"Name of the organization, for people."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (organizationAddCmd) Help() string {
	return `An organization owns its devices, groups, clients and snapshots, and sees nothing of any other. Feeds and keys are the server's. The client that is made may manage all of the new organization, and nothing else; its secret is shown once.

Only the home organization, which every data folder has, may make others.

Examples:

    muster organization add "Example Ltd" --data muster-data
    muster organization add "Example Ltd" --server http://127.0.0.1:8800 --json

Exit statuses: 0 made, 1 failed, 3 data folder in use, 5 refused, 6 server not reached.`
}

// Run makes an organization.
func (c *organizationAddCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{make: true})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var reply json.RawMessage
	err = s.do(ctx, call{method: http.MethodPost, path: "/v1/organizations",
		body: object(map[string]string{"name": c.Name}), contentType: jsonType}, &reply)
	if err != nil {
		return fmt.Errorf("adding organization %q: %w", c.Name, err)
	}
	return printIssued(t, reply, c.JSON)
}

// organizationListCmd is `muster organization list`.
type organizationListCmd struct {
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (organizationListCmd) Help() string {
	return `The id is the tenant of token addresses.

Examples:

    muster organization list --data muster-data

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 not allowed, 6 server not reached.`
}

// listedOrganization is an organization as the API tells of it.
type listedOrganization struct {
	ID   string `json:"tenantId"`
	Name string `json:"name"`
	Home bool   `json:"home"`
}

// Run lists organizations.
func (c *organizationListCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	s, err := c.open(ctx, k, t, need{})
	if err != nil {
		return err
	}
	defer s.end(&err)
	var raw json.RawMessage
	if err := s.do(ctx, call{method: http.MethodGet, path: "/v1/organizations"}, &raw); err != nil {
		return fmt.Errorf("listing organizations: %w", err)
	}
	if c.JSON {
		return t.json(raw)
	}
	var reply struct{ Organizations []listedOrganization }
	if err := json.Unmarshal(raw, &reply); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	var rows [][]string
	for _, o := range reply.Organizations {
		note := ""
		if o.Home {
			note = "home"
		}
		rows = append(rows, []string{o.ID, o.Name, note})
	}
	return t.table([]string{"organization", "name", ""}, rows)
}
