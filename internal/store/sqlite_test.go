package store_test

import (
	"database/sql"
	"errors"
	"path/filepath"
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/store"
)

// raise pretends that a newer program has changed the schema.
func raise(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.Exec(`INSERT INTO schema_step (version) VALUES (1000); PRAGMA wal_checkpoint(truncate)`)
	must(t, errors.Join(err, db.Close()))
}

func TestRegisterRPMDriver(t *testing.T) {
	store.RegisterRPMDriver()
	store.RegisterRPMDriver()
	if !slices.Contains(sql.Drivers(), "sqlite") {
		t.Fatalf("drivers are %q, want one named sqlite", sql.Drivers())
	}
	db, err := sql.Open("sqlite", filepath.Join(t.TempDir(), "rpmdb.sqlite"))
	must(t, err)
	defer db.Close()
	must(t, db.Ping())
}

// makeOther makes a database without any table of ours.
func makeOther(path string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(`CREATE TABLE other (a)`)
	return errors.Join(err, db.Close())
}
