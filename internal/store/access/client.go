package access

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"slices"
	"time"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Client is an application that asks for tokens or, where Device is set, one
// device that reports.
type Client struct {
	// ID is a GUID in lower case; it is unique on the server, so that a token
	// need not say whose client it is.
	ID, Organization string
	// Name is for people. No two applications of an organization share one.
	Name string
	// Permissions are opaque here: package auth knows them.
	Permissions []string
	// AllGroups lets it see every RBAC group; Groups are else those it sees,
	// in ascending order.
	AllGroups bool
	Groups    []int64
	// Device is the only device it may report for; empty for an application.
	Device string
	// NamedGroup is the RBAC group that the reports of Device name.
	NamedGroup string
	// Trusts is what of its Device's identity counts whenever it says it.
	Trusts  trust.Fields
	Created time.Time
}

const clientColumns = `id, organization, name, permissions, rbac_groups, device, named_group, created, trusts`

func scanClient(rows *sql.Rows) (c Client, err error) {
	var permissions, groups string
	var created int64
	err = rows.Scan(&c.ID, &c.Organization, &c.Name, &permissions, &groups, &c.Device, &c.NamedGroup, &created, &c.Trusts)
	if err != nil {
		return Client{}, err
	}
	c.Created = database.FromMillis(created)
	c.AllGroups = groups == "null"
	err = errors.Join(json.Unmarshal([]byte(permissions), &c.Permissions), json.Unmarshal([]byte(groups), &c.Groups))
	return c, err
}

// access returns permissions and groups as their columns hold them. Groups come
// in ascending order whatever order they had.
func (c *Client) access() (permissions, groups string, err error) {
	p, err := json.Marshal(append([]string{}, c.Permissions...))
	if err != nil {
		return "", "", err
	}
	if c.AllGroups {
		return string(p), "null", nil
	}
	sorted := append([]int64{}, c.Groups...)
	slices.Sort(sorted)
	g, err := json.Marshal(slices.Compact(sorted))
	return string(p), string(g), err
}

const clientByID = `SELECT ` + clientColumns + ` FROM client WHERE id = $1`

// application reads one of an organization: ErrNotFound if there is none.
func application(ctx context.Context, tx *sql.Tx, org, id string) (Client, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+clientColumns+` FROM client WHERE id = $1 AND organization = $2 AND device = ''`, id, org)
	found, err := database.Collect(rows, err, scanClient)
	if err == nil && len(found) == 0 {
		err = database.ErrNotFound
	}
	if err != nil {
		return Client{}, err
	}
	return found[0], nil
}
