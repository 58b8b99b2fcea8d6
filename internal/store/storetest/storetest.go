// Package storetest runs tests of the store's promises on every supported database: a new SQLite file,
// and a new database of a PostgreSQL server. Tests of other packages get a Place of it, for files, too.
package storetest

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
)

// Each runs a test once per database, on an empty store with [organization.Default] and is closed
// afterwards.
func Each(t *testing.T, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	EachConfig(t, store.Config{}, test)
}

// EachConfig is Each with a configuration that names no database.
func EachConfig(t *testing.T, cfg store.Config, test func(t *testing.T, s *store.Store)) {
	t.Helper()
	t.Run("sqlite", func(t *testing.T) { test(t, Open(t, cfg)) })
	t.Run("postgres", func(t *testing.T) {
		cfg := cfg
		cfg.Database.URL = Postgres(t)
		test(t, Open(t, cfg))
	})
}

// Open opens a store for a test or benchmark and closes it afterwards. An
// configuration that names no database makes a new SQLite file.
func Open(tb testing.TB, cfg store.Config) *store.Store {
	tb.Helper()
	if cfg.Database.Path == "" && cfg.Database.URL == "" {
		cfg.Database.Path = filepath.Join(tb.TempDir(), "muster.db")
	}
	if cfg.Database.Path != "" {
		if err := Fresh(cfg.Database.Path); err != nil {
			tb.Fatal(err)
		}
	}
	s, err := store.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			tb.Error(err)
		}
	})
	if err := s.Organizations.Ensure(tb.Context(), organization.Default, "test"); err != nil {
		tb.Fatal(err)
	}
	return s
}

// empty returns a SQLite file with the newest schema and nothing else. It is made once: applying all steps of the
// schema takes longer than most tests.
var empty = sync.OnceValues(func() ([]byte, error) {
	folder, err := os.MkdirTemp("", "muster-empty")
	if err != nil {
		return nil, err
	}
	defer os.RemoveAll(folder)
	path := filepath.Join(folder, "muster.db")
	s, err := store.Open(context.Background(), store.Config{Database: database.Config{Path: path}})
	if err == nil {
		err = s.Close()
	}
	if err != nil {
		return nil, err
	}
	return os.ReadFile(path)
})

// Fresh writes an empty database with the newest schema to a path, if nothing is there.
func Fresh(path string) error {
	if _, err := os.Stat(path); !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	file, err := empty()
	if err != nil {
		return err
	}
	return os.WriteFile(path, file, 0o600)
}

// Hold runs do as the owner of the lease on an organization. It waits while another holds the
// lease.
func Hold[T any](tb testing.TB, s *store.Store, org string, do func(*publication.Lease) T) T {
	tb.Helper()
	lease, err := s.Publication.TakeLease(tb.Context(), org, tb.Name())
	for errors.Is(err, publication.ErrHeld) { // its owner releases it shortly after publishing
		runtime.Gosched()
		lease, err = s.Publication.TakeLease(tb.Context(), org, tb.Name())
	}
	if err != nil {
		tb.Fatal(err)
	}
	defer func() {
		if err := lease.Release(tb.Context()); err != nil {
			tb.Error(err)
		}
	}()
	return do(lease)
}
