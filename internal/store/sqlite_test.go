package store_test

import (
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"testing"
)

// raise changes the schema version as a newer program would.
func raise(t *testing.T, path string) {
	t.Helper()
	db, err := sql.Open("sqlite3", path)
	must(t, err)
	_, err = db.Exec(`INSERT INTO schema_step (version) VALUES (1000); PRAGMA wal_checkpoint(truncate)`)
	must(t, errors.Join(err, db.Close()))
}

// makeOther makes a database without muster's tables.
func makeOther(path string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	_, err = db.Exec(`CREATE TABLE other (a)`)
	return errors.Join(err, db.Close())
}

// makeOlder makes a database as the previous program did.
func makeOlder(path string) error {
	db, err := sql.Open("sqlite3", path)
	if err != nil {
		return err
	}
	defer db.Close()
	text := `PRAGMA page_size = 8192; PRAGMA journal_mode = wal; CREATE TABLE schema_step (version BIGINT NOT NULL PRIMARY KEY);`
	for version := 1; version <= 2; version++ {
		step, err := os.ReadFile(fmt.Sprintf("database/schema/%04d.sql", version))
		if err != nil {
			return err
		}
		text += string(step) + fmt.Sprintf(";INSERT INTO schema_step (version) VALUES (%d);", version)
	}
	text += `INSERT INTO organization (id, name, revision) VALUES ('` + org + `', 'old', 7);`
	_, err = db.Exec(text)
	return err
}

// raiseKilled raises the schema version of a database whose process was killed, and is killed
// itself: the log stays.
func raiseKilled(t *testing.T, path string) {
	t.Helper()
	copied := filepath.Join(t.TempDir(), "muster.db")
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, path+suffix, copied+suffix)
	}
	db, err := sql.Open("sqlite3", copied)
	must(t, err)
	_, err = db.Exec(`INSERT INTO schema_step (version) VALUES (1000)`)
	must(t, err)
	for _, suffix := range []string{"", "-wal"} {
		copyFile(t, copied+suffix, path+suffix)
	}
	must(t, db.Close())
}
