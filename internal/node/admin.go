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

// EnsureAdministrator makes the home organization's administrator at the first start, and
// returns the file with its credentials; "" if there was one before, even a removed one.
func (f *Folder) EnsureAdministrator(ctx context.Context, origin string) (path string, err error) {
	since, err := f.Store.Access.Administered(ctx, organization.Default)
	if err != nil || !since.IsZero() {
		return "", err
	}
	now := time.Now()
	c := auth.Administrator(organization.Default, now)
	err = f.addAdministrator(ctx, c, origin, now)
	if errors.Is(err, database.ErrExists) { // another client has the name
		c.Name += " " + c.ID[:8]
		err = f.addAdministrator(ctx, c, origin, now)
	}
	return f.in(AdministratorFile), err
}

// addAdministrator writes the secret to the file before it adds the client. If a crash comes
// between, the next start replaces the file.
func (f *Folder) addAdministrator(ctx context.Context, c access.Client, origin string, now time.Time) error {
	secret, kept, err := auth.NewSecret(rand.Reader, now, time.Time{})
	if err != nil {
		return err
	}
	text, err := json.MarshalIndent(IssuedTo(&c, secret, origin), "", "  ")
	if err != nil {
		return fmt.Errorf("writing the administrator's file: %w", err)
	}
	if err := durable.Write(f.in(AdministratorFile), append(text, '\n'), 0o600); err != nil {
		return err
	}
	_, err = f.Store.Access.AddAdministrator(ctx, c, kept)
	return err
}

// IssuedTo returns what a client that sees all groups needs to ask a server for tokens.
func IssuedTo(c *access.Client, secret, origin string) control.Issued {
	return control.Issued{TenantID: c.Organization, ClientID: c.ID, ClientSecret: secret, Name: c.Name,
		Permissions: c.Permissions,
		TokenURL:    origin + "/" + c.Organization + "/oauth2/v2.0/token"}
}
