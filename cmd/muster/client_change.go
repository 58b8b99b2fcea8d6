package main

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"net/url"

	"github.com/alecthomas/kong"
)

// clientChangeCmd is `muster client change`.
type clientChangeCmd struct {
	Client     string   `arg:"" help:"Id or name of the client."`
	Name       string   `placeholder:"NAME" help:"New name."`
	Permission []string `placeholder:"NAME" help:"What it may do from now on, in place of what it may."`
	Group      []string `placeholder:"NAME" sep:"none" xor:"groups" help:"RBAC group that it sees from now on, in place of those it sees; repeated for several."`
	AllGroups  bool     `xor:"groups" help:"Let it see all groups."`
	stateFlags
	JSON bool `help:"Print JSON."`
}

// Help is the long part of the command's help.
func (clientChangeCmd) Help() string {
	return `What is not named stays, secrets too. It counts at once, for tokens that the client has, too.

Examples:

    muster client change web-team --group Web --group Lab --server http://127.0.0.1:8800
    muster client change siem --permission Vulnerability.Read.All --data muster-data

Exit statuses: 0 changed, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused, 6 server not reached.`
}

// Run changes a client.
func (c *clientChangeCmd) Run(ctx context.Context, k *kong.Context, t *terminal) (err error) {
	body := map[string]any{}
	if c.Name != "" {
		body["name"] = c.Name
	}
	if len(c.Permission) > 0 {
		body["permissions"] = c.Permission
	}
	if len(c.Group) > 0 {
		body["groups"] = c.Group
	}
	if c.AllGroups {
		body["allGroups"] = true
	}
	if len(body) == 0 {
		return usage("nothing is to change: --name, --permission, --group or --all-groups")
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
	var reply json.RawMessage
	err = s.do(ctx, call{method: http.MethodPatch, path: "/v1/clients/" + url.PathEscape(id), body: object(body), contentType: jsonType}, &reply)
	if err != nil {
		return fmt.Errorf("changing client %q: %w", c.Client, hintAtFolder(err, "change", c.Client))
	}
	return c.print(t, reply)
}

func (c *clientChangeCmd) print(t *terminal, reply json.RawMessage) error {
	var changed struct {
		listedClient
		NewGroups []string `json:"newGroups"`
	}
	if err := json.Unmarshal(reply, &changed); err != nil {
		return fmt.Errorf("reading the reply: %w", err)
	}
	warnOfGroups(t, changed.NewGroups)
	if c.JSON {
		return t.json(reply)
	}
	return printClients(t, [][]string{changed.row()})
}
