package database

import (
	"fmt"
	"path/filepath"
	"testing"
)

// OfVersion makes a database of an older schema that contains rows.
func OfVersion(t *testing.T, version int, rows string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "muster.db")
	db, err := openWriter(t.Context(), Config{Path: path})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if _, err := schemaVersion(t.Context(), db); err != nil {
		t.Fatal(err)
	}
	for step := 1; step <= version; step++ {
		if err := migrateTo(t.Context(), db, step, fmt.Sprintf("schema/%04d.sql", step)); err != nil {
			t.Fatal(err)
		}
	}
	if _, err := db.ExecContext(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	return path
}
