package node

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/durable"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store"
)

// openKey reads the folder's secret, and makes one if there is none. If keys in the database
// are sealed with it, the secret must exist.
func openKey(ctx context.Context, folder string, kept *store.Store) (key [32]byte, err error) {
	path := filepath.Join(folder, KeyFile)
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() { // opening a pipe would wait
		return key, damagedKey(fmt.Errorf("%q is not a regular file", path))
	}
	text, err := os.ReadFile(path)
	switch {
	case err == nil && len(text) == len(key) && [32]byte(text) == key:
		return key, damagedKey(fmt.Errorf("%q contains only zeros", path))
	case err == nil && len(text) == len(key):
		return [32]byte(text), nil
	case err == nil:
		return key, damagedKey(fmt.Errorf("%q has %d bytes, must have %d", path, len(text), len(key)))
	case !errors.Is(err, fs.ErrNotExist):
		return key, fmt.Errorf("reading the key: %w", err)
	}
	sealed, err := kept.Access.SigningKeys(ctx)
	if err != nil {
		return key, err
	}
	if len(sealed) > 0 {
		return key, damagedKey(fmt.Errorf("%q is gone, and %d keys in the database are sealed with it", path, len(sealed)))
	}
	if _, err := rand.Read(key[:]); err != nil {
		return key, fmt.Errorf("making the key: %w", err)
	}
	return key, durable.Write(path, key[:], 0o600)
}

// damagedKey adds what to do about a key that is not the folder's.
func damagedKey(err error) error {
	return plain.Hinted(fmt.Errorf("%w: %w", ErrDamaged, err),
		"restore the file key from a backup; muster repair --give-up key makes a new one, which invalidates all tokens, links and skip tokens")
}

// giveUpKey sets aside the folder's secret and everything that is sealed with it. The next
// step makes a new one.
func giveUpKey(ctx context.Context, folder string, kept *store.Store) error {
	path := filepath.Join(folder, KeyFile)
	aside := path + ".given-up-" + time.Now().UTC().Format("20060102T150405Z")
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("setting the key aside: %w", err)
	}
	if err := durable.SyncFolder(folder); err != nil {
		return err
	}
	return kept.Access.ForgetSigningKeys(ctx)
}
