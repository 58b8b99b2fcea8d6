// Package storetest runs tests of the store's promises on every supported database: a new SQLite file,
// and a new database of a PostgreSQL server.
package storetest

import (
	"errors"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/muster-project/muster/internal/store"
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
