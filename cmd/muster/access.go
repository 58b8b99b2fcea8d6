package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console"
)

// accessFlags say whose tokens a server accepts besides its own, and for what
// it issues them.
type accessFlags struct {
	Issuers  string   `placeholder:"FILE" env:"MUSTER_ISSUERS" help:"JSON file with outside issuers (Entra ID, Keycloak, any OIDC provider) whose tokens are accepted."`
	Resource []string `placeholder:"URL" env:"MUSTER_RESOURCE" help:"What clients may ask tokens for, besides this server's own address; those of Microsoft's API if absent."`
}

// maxIssuers is how long the file of --issuers may be, in bytes. One more is
// read, for package auth to refuse it.
const maxIssuers = 1 << 20

// trusted reads the file of --issuers.
func (a accessFlags) trusted() ([]auth.TrustedIssuer, error) {
	if a.Issuers == "" {
		return nil, nil
	}
	file, err := os.Open(a.Issuers)
	if err != nil {
		return nil, console.Usage("--issuers: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIssuers+1))
	if err != nil {
		return nil, fmt.Errorf("reading --issuers: %w", err)
	}
	all, err := auth.ParseTrustedIssuers(text)
	if err != nil {
		return nil, console.Usage("--issuers: %q: %w", a.Issuers, err)
	}
	return all, nil
}

// openAccess opens the keys of a folder, and what tells who asks.
func (f *folder) openAccess(ctx context.Context, c folderConfig) error {
	trusted, err := c.access.trusted()
	if err != nil {
		return err
	}
	f.keys, err = auth.NewKeyring(ctx, auth.KeyringConfig{Store: f.store, Folder: f.key,
		PageLife: c.settings.KeepDelta + pageSlack, Clock: time.Now, Random: rand.Reader})
	if errors.Is(err, auth.ErrForeignKey) {
		return damagedKey(fmt.Errorf("%q and the database do not belong together: %w", f.in(keyFile), err))
	}
	if err != nil {
		return err
	}
	f.authority, err = auth.New(ctx, auth.Config{Store: f.store, Keys: f.keys, Resources: c.access.Resource,
		Trusted: trusted, Client: c.client, Clock: time.Now})
	return err
}

// pageSlack is how much longer than changes are kept skip tokens can be read:
// one of a snapshot that is gone is told so.
const pageSlack = 15 * 24 * time.Hour

// maintainEvery is how often keys are looked after.
const maintainEvery = time.Hour
