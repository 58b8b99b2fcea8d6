package store_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/storetest"
)

// TestReadSchemaChangesNothing reads the schema of files that are open, closed, older and left by a killed
// process, and of PostgreSQL.
func TestReadSchemaChangesNothing(t *testing.T) {
	folder := t.TempDir()
	path := filepath.Join(folder, "muster.db")
	_, err := database.ReadSchema(t.Context(), database.Config{Path: path})
	isError(t, err, fs.ErrNotExist, "")
	read := func(cfg database.Config) database.Schema {
		t.Helper()
		got, err := database.ReadSchema(t.Context(), cfg)
		must(t, err)
		return got
	}
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	open := read(database.Config{Path: path})
	if open.Version == 0 || open.Version != open.Known {
		t.Errorf("schema %+v of an open database", open)
	}
	killed := t.TempDir()
	for _, suffix := range []string{"", "-wal", "-open", "-moving"} {
		copyFile(t, path+suffix, filepath.Join(killed, "muster.db"+suffix))
	}
	must(t, s.Close())
	for _, in := range []string{folder, killed} {
		before := contentsOf(t, in)
		equal(t, "schema", read(database.Config{Path: filepath.Join(in, "muster.db")}), open)
		after := contentsOf(t, in)
		for name := range before {
			if diff := cmp.Diff(before[name], after[name]); diff != "" {
				t.Errorf("%s has changed", name)
			}
		}
		again := database.Config{Path: filepath.Join(in, "muster.db"), Existing: true}
		s, err := store.Open(t.Context(), store.Config{Database: again})
		must(t, err)
		must(t, s.Close())
	}
	older := filepath.Join(t.TempDir(), "muster.db")
	must(t, makeOlder(older))
	equal(t, "schema of an older program", read(database.Config{Path: older}), database.Schema{Version: 2, Known: open.Known})
	equal(t, "schema on PostgreSQL", read(database.Config{URL: storetest.Postgres(t)}), open)
}

// contentsOf reads the files of a folder.
func contentsOf(t *testing.T, folder string) map[string][]byte {
	t.Helper()
	files, err := os.ReadDir(folder)
	must(t, err)
	all := map[string][]byte{}
	for _, f := range files {
		data, err := os.ReadFile(filepath.Join(folder, f.Name()))
		must(t, err)
		all[f.Name()] = data
	}
	return all
}
