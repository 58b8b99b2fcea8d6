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

// Client is an application that asks for tokens or, if Device is set, one device that reports.
type Client struct {
	// ID is a GUID in lower case. It is unique on the server, so that a token need not name the
	// organization.
	ID, Organization string
	// Name is for people. It is unique among the applications of an organization.
	Name string
	// Permissions are opaque here; package auth defines them.
	Permissions []string
	// AllGroups lets the client see every RBAC group; otherwise Groups lists the groups it sees,
	// ascending.
	AllGroups bool
	Groups    []int64
	// Device is the only device that the client may report for; empty for an application.
	Device string
	// NamedGroup is the RBAC group that the reports of Device name.
	NamedGroup string
	// Trusts are the fields of its Device's identity that count whenever it gives them.
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

// access returns permissions and groups in stored form, groups ascending.
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

// application reads an application of an organization; ErrNotFound if there is none.
func application(ctx context.Context, tx *sql.Tx, org, id string) (Client, error) {
	rows, err := tx.QueryContext(ctx, `SELECT `+
		clientColumns+` FROM client WHERE id = $1 AND organization = $2 AND device = ''`, id, org)
	return database.CollectOne(rows, err, scanClient)
}
