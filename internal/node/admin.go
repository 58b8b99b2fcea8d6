package node

import (
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// Administrator is a first administrator that was made.
type Administrator struct {
	// File has its credentials, in the form of muster client add --json; if "", Text has them.
	File string
	Text []byte
}

// EnsureAdministrator makes the home organization's administrator at the first start, or returns nil if
// there was one before, even a removed one. Its credentials are written to a file; "" is that of the
// data folder, and none for a node that shares its places.
func (n *Node) EnsureAdministrator(ctx context.Context, origin, file string) (*Administrator, error) {
	since, err := n.Store.Access.Administered(ctx, organization.Default)
	if err != nil || !since.IsZero() {
		return nil, err
	}
	if file == "" && !n.shared {
		file = n.in(AdministratorFile)
	}
	now := time.Now()
	c := auth.Administrator(organization.Default, now)
	made, err := n.addAdministrator(ctx, c, origin, file, now)
	if errors.Is(err, database.ErrExists) { // another client has the name
		c.Name += " " + c.ID[:8]
		made, err = n.addAdministrator(ctx, c, origin, file, now)
	}
	return made, err
}

// addAdministrator writes the secret to the folder's file before it adds the client. If a crash comes
// between, the next start replaces the file. Nodes may add one at the same time, and have the same file:
// there the one whose administrator was added writes it, and the others return nil.
func (n *Node) addAdministrator(ctx context.Context, c access.Client, origin, file string,
	now time.Time) (*Administrator, error) {
	secret, kept, err := auth.NewSecret(rand.Reader, now, time.Time{})
	if err != nil {
		return nil, err
	}
	text, err := json.MarshalIndent(IssuedTo(&c, secret, origin), "", "  ")
	if err != nil {
		return nil, fmt.Errorf("writing the administrator's file: %w", err)
	}
	made := &Administrator{File: file, Text: append(text, '\n')}
	if !n.shared {
		if err := durable.Write(file, made.Text, 0o600); err != nil {
			return nil, err
		}
	}
	added, err := n.Store.Access.AddAdministrator(ctx, c, kept)
	if err != nil || !added {
		return nil, err
	}
	if n.shared && file != "" {
		if err := durable.Write(file, made.Text, 0o600); err != nil {
			n.log.ErrorContext(ctx, "writing the administrator's file failed", "error", err)
			made.File = "" // nobody else knows the secret
		}
	}
	return made, nil
}

// IssuedTo returns what a client that sees all groups needs to ask a server for tokens.
func IssuedTo(c *access.Client, secret, origin string) control.Issued {
	return control.Issued{TenantID: c.Organization, ClientID: c.ID, ClientSecret: secret, Name: c.Name,
		Permissions: c.Permissions,
		TokenURL:    origin + "/" + c.Organization + "/oauth2/v2.0/token"}
}
