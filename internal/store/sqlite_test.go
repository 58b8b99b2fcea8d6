package store_test

import (
	"database/sql"
	"errors"
	"testing"
)

// raise pretends that a newer program has changed the schema.
func raise(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.Exec(`INSERT INTO schema_step (version) VALUES (1000); PRAGMA wal_checkpoint(truncate)`)
	must(t, errors.Join(err, db.Close()))
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
