package node

import (
	"context"
	"crypto/rand"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/store"
)

// Access says whose tokens a server accepts besides its own, and for what it
// issues them.
type Access struct {
	// Issuers are outside issuers whose tokens are accepted.
	Issuers []auth.TrustedIssuer
	// Resources are what clients may ask tokens for, besides this server's own
	// address; those of Microsoft's API if absent.
	Resources []string
}

// open opens the keys of a folder, which are sealed with its secret, and what tells
// who asks. Skip tokens live for a time, and client calls outside issuers.
func (a Access) open(ctx context.Context, kept *store.Store, secret [32]byte, pages time.Duration, client *http.Client) (*auth.Keyring, *auth.Authority, error) {
	keys, err := auth.NewKeyring(ctx, auth.KeyringConfig{Store: kept, Folder: secret, PageLife: pages + pageSlack, Clock: time.Now, Random: rand.Reader})
	if err != nil {
		return nil, nil, err
	}
	authority, err := auth.New(ctx, auth.Config{Store: kept, Keys: keys, Resources: a.Resources, Trusted: a.Issuers, Client: client, Clock: time.Now})
	return keys, authority, err
}

// pageSlack is how much longer than changes are kept skip tokens can be read:
// one of a snapshot that is gone is told so.
const pageSlack = 15 * 24 * time.Hour
