package node

import (
	"context"
	"crypto/rand"
	"fmt"
	"io"
	"net/http"
	"os"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node/entrance"
	"github.com/muster-project/muster/internal/store"
)

// Access says whose tokens a server accepts besides its own, and for which resources it
// issues tokens.
type Access struct {
	// Issuers are outside issuers whose tokens are accepted.
	Issuers []auth.TrustedIssuer
	// Resources are resources that clients may ask tokens for, besides this server's
	// address; those of Microsoft's API if absent.
	Resources []string
	// SignIn says where people sign in to the dashboard.
	SignIn entrance.SignIn
}

// maxIssuers is how much of a file of issuers is read, in bytes; package auth refuses a file
// that is longer.
const maxIssuers = 1 << 20

// ReadIssuers reads a file of outside issuers; none if no file is named.
func ReadIssuers(name string) ([]auth.TrustedIssuer, error) {
	if name == "" {
		return nil, nil
	}
	file, err := os.Open(name)
	if err != nil {
		return nil, settingError("--issuers: %w", console.AsNamed(err))
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, maxIssuers+1))
	if err != nil {
		return nil, fmt.Errorf("reading --issuers: %w", err)
	}
	all, err := auth.ParseTrustedIssuers(text)
	if err != nil {
		return nil, settingError("--issuers: %q: %w", name, err)
	}
	return all, nil
}

// keyring says how keys are opened: the secret that seals them, and how long a new one only checks.
type keyring struct {
	secret [32]byte
	settle time.Duration
}

// open opens the keys, and the authority that identifies callers. Skip tokens can be read for the time
// pages; client fetches the keys of outside issuers.
func (a Access) open(ctx context.Context, kept *store.Store, ring keyring, pages time.Duration,
	client *http.Client) (*auth.Keyring, *auth.Authority, error) {
	keys, err := auth.NewKeyring(ctx, auth.KeyringConfig{Keys: kept.Access, Clocks: kept.Clock, Folder: ring.secret,
		PageLife: pages + pageSlack, Settle: ring.settle, Clock: time.Now, Random: rand.Reader})
	if err != nil {
		return nil, nil, err
	}
	authority, err := auth.New(ctx, auth.Config{Clients: kept.Access, Organizations: kept.Organizations, Keys: keys,
		Resources: a.Resources, Trusted: a.Issuers, Client: client, Clock: time.Now})
	return keys, authority, err
}

// pageSlack is how much longer than changes are kept skip tokens can be read. A token whose
// snapshot is gone gets an error that says so.
const pageSlack = 15 * 24 * time.Hour
