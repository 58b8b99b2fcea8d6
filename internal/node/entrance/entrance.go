// Package entrance lets people in by a file of settings, which is read again when it changes.
package entrance

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/people"
	"github.com/muster-project/muster/internal/store/access"
	"github.com/muster-project/muster/internal/store/organization"
)

// SignIn says by which file people sign in to the dashboard at a provider of OpenID Connect.
type SignIn struct {
	// File has the settings: package people. "" is none.
	File string
	// Secret is that of this server at the provider, if the settings name no file with it.
	Secret string
}

// Config is what settings need. All fields are required, but Client.
type Config struct {
	SignIn
	Organizations *organization.Store
	Access        *access.Store
	Keys          *auth.Keyring
	// Client calls the provider.
	Client *http.Client
	Log    *slog.Logger
	// Read reads a file of limited size.
	Read func(name string) ([]byte, error)
}

// Door is where people come in by a file, which is read again when it changes.
type Door struct {
	people.Door
	Config
	// seen is the digest of the last files found, valid or not: each version is tried, and complained about, once.
	seen [sha256.Size]byte
}

// Open returns a door by a file of settings, which must be valid. Without one nobody comes in.
func Open(ctx context.Context, c Config) (*Door, error) {
	d := &Door{Config: c}
	if c.File == "" {
		return d, nil
	}
	settings, secret, digest, err := d.read()
	if err != nil {
		return nil, err
	}
	if err := d.use(ctx, settings, secret, digest); err != nil {
		return nil, fmt.Errorf("%q: %w", c.File, err)
	}
	return d, nil
}

// read reads the settings and the secret. The digest is also returned with an error.
func (d *Door) read() (settings *people.Settings, secret string, digest [sha256.Size]byte, err error) {
	text, err := d.Read(d.File)
	if err != nil {
		return nil, "", sha256.Sum256([]byte(err.Error())), err
	}
	digest = sha256.Sum256(text)
	if settings, err = people.Parse(text); err != nil {
		return nil, "", digest, fmt.Errorf("%q: %w", d.File, err)
	}
	secret = d.Secret
	if settings.ClientSecretFile != "" {
		if d.Secret != "" {
			return nil, "", digest, errors.New("clientSecretFile and MUSTER_SIGN_IN_SECRET exclude each other")
		}
		kept, err := d.Read(settings.ClientSecretFile)
		digest = sha256.Sum256(fmt.Appendf(digest[:], "%s %v", kept, err))
		if err != nil {
			return nil, "", digest, fmt.Errorf("clientSecretFile: %w", err)
		}
		if secret = strings.TrimSpace(string(kept)); secret == "" {
			return nil, "", digest, fmt.Errorf("clientSecretFile: %q is empty", settings.ClientSecretFile)
		}
	}
	return settings, secret, digest, nil
}

// use lets people in by settings from now on.
func (d *Door) use(ctx context.Context, s *people.Settings, secret string, digest [sha256.Size]byte) error {
	provider, err := people.New(ctx, people.Config{Settings: s, Secret: secret, Access: d.Access,
		Organizations: d.Organizations, Keys: d.Keys, Client: d.Client, Clock: time.Now})
	if err != nil {
		return err
	}
	d.seen = digest
	d.Use(provider)
	d.Log.InfoContext(ctx, "people sign in at a provider", "issuer", s.Issuer, "roles", len(s.Roles),
		"denied", len(s.Denied), "file", d.File)
	return nil
}

// Refresh reads the files if they have changed. If they are invalid it logs that once, and the settings of before stay.
func (d *Door) Refresh(ctx context.Context) {
	if d.File == "" {
		return
	}
	settings, secret, digest, err := d.read()
	if digest == d.seen {
		return
	}
	if err == nil {
		err = d.use(ctx, settings, secret, digest)
	}
	if err != nil {
		d.seen = digest
		d.Log.ErrorContext(ctx, "the new settings of sign-in cannot be used, the old ones are kept",
			"file", d.File, "error", err)
	}
}
