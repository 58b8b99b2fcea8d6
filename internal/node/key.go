package node

import (
	"context"
	"crypto/rand"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/console"
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

// givenKey returns the operator's own key that seals keys, and where it is from, for people; "" if there is none.
// It needs neither the database nor the files, so what is wrong with it is said first.
func (p Places) givenKey() (key [32]byte, from string, err error) {
	switch {
	case p.KeyFile != "" && p.KeyText != "":
		return key, "", settingError("--key and MUSTER_KEY exclude each other")
	case p.KeyFile != "":
		text, err := os.ReadFile(p.KeyFile)
		if err != nil {
			return key, "", settingError("--key: %w", console.AsNamed(err))
		}
		if key, err = parseKey(text); err != nil {
			err = settingError("--key %q: %w", p.KeyFile, err)
		}
		return key, "of --key", err
	case p.KeyText != "":
		if key, err = parseKey([]byte(p.KeyText)); err != nil {
			err = settingError("MUSTER_KEY: %w", err)
		}
		return key, "of MUSTER_KEY", err
	}
	return key, "", nil
}

// openSharedKey returns the key that seals keys, which is beside the files, and where it is from, for people. If
// nothing is sealed yet, the first process to put one there makes it.
func openSharedKey(ctx context.Context, top blob.Store, kept *store.Store,
	log *slog.Logger) (key [32]byte, from string, err error) {
	from = "beside the files"
	key, err = readKey(ctx, top)
	if !errors.Is(err, fs.ErrNotExist) {
		return key, from, err
	}
	sealed, err := kept.Access.SigningKeys(ctx)
	if err != nil {
		return key, from, err
	}
	if len(sealed) > 0 {
		return key, from, adviseKey(fmt.Errorf("%w: no key is given or beside the files, and %d keys in the database are sealed with one",
			ErrPlace, len(sealed)))
	}
	if key, err = makeKey(ctx, top); err == nil {
		log.WarnContext(ctx, "the key that seals keys was made beside the files: who can read them and the database can sign tokens; give a key of your own by --key or MUSTER_KEY in production, and keep a copy of either")
		return key, from, nil
	}
	if errors.Is(err, fs.ErrExist) { // another node was first
		key, err = readKey(ctx, top)
	}
	return key, from, err
}

// parseKey reads a key: 32 bytes, as 64 hexadecimal digits, in base64, or as they are.
func parseKey(text []byte) (key [32]byte, err error) {
	trimmed := strings.TrimSpace(string(text))
	for _, decode := range []func(string) ([]byte, error){hex.DecodeString, base64.StdEncoding.DecodeString,
		base64.RawStdEncoding.DecodeString, base64.URLEncoding.DecodeString, base64.RawURLEncoding.DecodeString,
		func(string) ([]byte, error) { return text, nil }} {
		if bits, err := decode(trimmed); err == nil && len(bits) == len(key) {
			if key = [32]byte(bits); key == [32]byte{} {
				return key, errors.New("it has only zeros")
			}
			return key, nil
		}
	}
	return key, errors.New("want 32 random bytes as 64 hexadecimal digits, in base64, or as they are")
}

// readKey reads the key beside the files. The error wraps fs.ErrNotExist if there is none.
func readKey(ctx context.Context, top blob.Store) (key [32]byte, err error) {
	file, err := top.Open(ctx, KeyFile)
	if err != nil {
		return key, fmt.Errorf("reading the key beside the files: %w", err)
	}
	defer file.Close()
	text, err := io.ReadAll(io.LimitReader(file, int64(len(key))+1))
	if err != nil {
		return key, fmt.Errorf("reading the key beside the files: %w", err)
	}
	if len(text) != len(key) || [32]byte(text) == key {
		return key, adviseKey(fmt.Errorf("%w: the key beside the files has %d bytes, or only zeros", ErrPlace, len(text)))
	}
	return [32]byte(text), nil
}

// makeKey puts a new key beside the files. The error wraps fs.ErrExist if there is one.
func makeKey(ctx context.Context, top blob.Store) (key [32]byte, err error) {
	if _, err := rand.Read(key[:]); err != nil {
		return key, fmt.Errorf("making the key: %w", err)
	}
	batch := top.NewBatch()
	out, err := batch.Create(ctx, KeyFile)
	if err != nil {
		return key, fmt.Errorf("making the key: %w", err)
	}
	defer out.Abort()
	if _, err = out.Write(key[:]); err == nil {
		_, err = out.Commit()
	}
	if err == nil {
		err = batch.Sync(ctx)
	}
	if err != nil {
		return key, fmt.Errorf("making the key: %w", err)
	}
	return key, nil
}

// foreignKey is the error of a key that does not open the keys in the database.
func foreignKey(from string, err error) error {
	return adviseKey(fmt.Errorf("%w: the key %s and the database do not belong together: %w", ErrPlace, from, err))
}

// adviseKey adds what to do about a key that is not that of the database.
func adviseKey(err error) error {
	return plain.Hinted(err, "give the key by --key FILE or MUSTER_KEY, or put it back beside the files from a backup; muster repair --give-up key goes on with another one, which invalidates all tokens, links and skip tokens")
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
	aside := filepath.Join(folder, asideName())
	if err := os.Rename(path, aside); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("setting the key aside: %w", err)
	}
	if err := durable.SyncFolder(folder); err != nil {
		return err
	}
	return kept.Access.ForgetSigningKeys(ctx)
}

// asideName is the name of a key that is given up.
func asideName() string { return KeyFile + ".given-up-" + time.Now().UTC().Format("20060102T150405Z") }

// giveUpSharedKey is giveUpKey for places. A key that was given is the operator's; beside says that it is beside
// the files instead.
func giveUpSharedKey(ctx context.Context, top blob.Store, kept *store.Store, beside bool) error {
	if beside {
		batch := top.NewBatch()
		err := batch.Copy(ctx, KeyFile, asideName())
		if err == nil {
			err = batch.Sync(ctx)
		}
		if err == nil {
			err = top.Remove(ctx, KeyFile)
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("setting the key aside: %w", err)
		}
	}
	return kept.Access.ForgetSigningKeys(ctx)
}
