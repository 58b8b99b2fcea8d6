package database

import (
	"context"
	"crypto/rand"
	"database/sql"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/testneed"
)

// emptyDatabase returns the URL of a new database without tables.
func emptyDatabase(t *testing.T) string {
	t.Helper()
	server := testneed.Postgres(t)
	name := "filling_" + strings.ToLower(rand.Text()[:10])
	server.SQL(t, "postgres", "CREATE DATABASE "+name)
	t.Cleanup(func() { server.SQL(t, "postgres", "DROP DATABASE "+name+" WITH (FORCE)") })
	return server.URL(name)
}

// fullSource returns an SQLite database with a row in every table of the schema.
func fullSource(t *testing.T) (source *DB, tables []string) {
	t.Helper()
	source, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { source.Close() })
	err = source.Read(t.Context(), func(tx *sql.Tx) error {
		tables, err = (&copying{source: tx}).tables(t.Context())
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, table := range tables {
		if err := source.Write(t.Context(), func(tx *sql.Tx) error { return insertRow(t.Context(), tx, table) }); err != nil {
			t.Fatalf("a row of %q, which a CHECK may need more of here: %v", table, err)
		}
	}
	return source, tables
}

// insertRow inserts a row whose texts and numbers are the same in all tables, so that references hold.
func insertRow(ctx context.Context, tx *sql.Tx, table string) error {
	rows, err := tx.QueryContext(ctx, `SELECT name || ' ' || type FROM pragma_table_info($1)`, table)
	columns, err := Collect(rows, err, ScanText)
	if err != nil {
		return err
	}
	checked := map[string]string{"state": "running", "kind": "secret", "purpose": "token", "full_files": "kept", "delta_files": "retiring"}
	var names, places []string
	var values []any
	for i, column := range columns {
		name, kind, _ := strings.Cut(column, " ")
		names, places = append(names, `"`+name+`"`), append(places, fmt.Sprintf("$%d", i+1))
		switch kind {
		case "TEXT":
			value := checked[name]
			if value == "" {
				value = "ä 'text'\t\\N"
			}
			values = append(values, value)
		case "BIGINT":
			values = append(values, int64(1)<<62+3)
		case "BOOLEAN":
			values = append(values, true)
		case "BLOB":
			values = append(values, []byte{0, 0xff, '\\', 'x', 0})
		default:
			return fmt.Errorf("column %q has the type %q", name, kind)
		}
	}
	_, err = tx.ExecContext(ctx, `INSERT INTO `+table+` (`+strings.Join(names, ", ")+`) VALUES (`+strings.Join(places, ", ")+`)`, values...)
	return err
}

// content is all of a table, as text.
func content(t *testing.T, db *DB, table string) (all []string) {
	t.Helper()
	var columns []string
	err := db.Read(t.Context(), func(tx *sql.Tx) error {
		rows, err := tx.QueryContext(t.Context(), `SELECT * FROM `+table)
		if err != nil {
			return err
		}
		defer rows.Close()
		if columns, err = rows.Columns(); err != nil {
			return err
		}
		for rows.Next() {
			values, into := make([]any, len(columns)), make([]any, len(columns))
			for i := range values {
				into[i] = &values[i]
			}
			if err := rows.Scan(into...); err != nil {
				return err
			}
			for i, column := range columns {
				all = append(all, fmt.Sprintf("%s = %v", column, values[i]))
			}
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// Every table of the schema is moved, whatever the next step of the schema adds.
func TestFillMovesEveryTable(t *testing.T) {
	source, tables := fullSource(t)
	url := emptyDatabase(t)
	filling, err := BeginFilling(t.Context(), Config{URL: url}, Origin{"folder", "files"}, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer filling.Close()
	if _, err := Open(t.Context(), Config{URL: url}); !errors.Is(err, ErrFilling) {
		t.Errorf("opened while it is being filled: %v", err)
	}
	interrupted := errors.New("interrupted")
	last := tables[len(tables)-1]
	_, err = filling.Fill(t.Context(), source, func(table string, _ map[string]any) error {
		if table == last {
			return interrupted
		}
		return nil
	}, func(string, int64) {})
	if !errors.Is(err, interrupted) {
		t.Fatalf("interrupted: %v", err)
	}
	if _, err := Open(t.Context(), Config{URL: url}); !errors.Is(err, ErrFilling) {
		t.Errorf("opened after an interruption: %v", err)
	}
	told := map[string]int64{}
	copied, err := filling.Fill(t.Context(), source, nil, func(table string, rows int64) { told[table] = rows })
	if err != nil {
		t.Fatal(err)
	}
	target, err := Open(t.Context(), Config{URL: url, Existing: true})
	if err != nil {
		t.Fatal(err)
	}
	defer target.Close()
	for i, table := range tables {
		if copied[i] != (Copied{table, 1}) || told[table] != 1 {
			t.Errorf("told %+v and %d of %q", copied[i], told[table], table)
		}
		if diff := cmp.Diff(content(t, source, table), content(t, target, table)); diff != "" {
			t.Errorf("%s (-source +target):\n%s", table, diff)
		}
	}
	var others, sequences int
	if err := target.Reader().QueryRow(`
		SELECT (SELECT count(*) FROM pg_tables WHERE schemaname = current_schema()), (SELECT count(*) FROM pg_sequences)`).
		Scan(&others, &sequences); err != nil {
		t.Fatal(err)
	}
	if others != len(tables)+1 { // schema_step
		t.Errorf("the target has %d tables, the source %d", others-1, len(tables))
	}
	if sequences > 0 {
		t.Errorf("the schema has %d sequences: Fill must set each above the numbers that were moved", sequences)
	}
	if _, err := filling.Fill(t.Context(), source, nil, func(string, int64) {}); err == nil {
		t.Error("it was filled twice")
	}
}

// What has an organization, is filled from elsewhere or is newer is not filled, and not changed.
func TestFillingIsRefused(t *testing.T) {
	url := emptyDatabase(t)
	begin := func(o Origin, fresh func() error) error {
		f, err := BeginFilling(t.Context(), Config{URL: url}, o, fresh)
		if err == nil {
			f.Close()
		}
		return err
	}
	strange := errors.New("the place of files is not empty")
	if err := begin(Origin{"folder", "files"}, func() error { return strange }); !errors.Is(err, strange) {
		t.Fatal(err)
	}
	other, err := Open(t.Context(), Config{URL: url}) // with tables, and without an organization
	if err != nil {
		t.Fatal(err)
	}
	defer other.Close()
	if err := begin(Origin{"folder", "files"}, nil); err != nil {
		t.Fatal(err)
	}
	if err := begin(Origin{"folder", "files"}, func() error { return strange }); err != nil {
		t.Errorf("going on: %v", err)
	}
	if err := begin(Origin{"another", "files"}, nil); !errors.Is(err, ErrOccupied) {
		t.Errorf("another folder: %v", err)
	}
	if err := begin(Origin{"folder", "elsewhere"}, func() error { return strange }); !errors.Is(err, strange) {
		t.Errorf("another place of files: %v", err)
	}
	if _, err := ReadSchema(t.Context(), Config{URL: url}); !errors.Is(err, ErrFilling) {
		t.Errorf("its schema: %v", err)
	}
	for _, statement := range []string{`DROP TABLE filling`, `INSERT INTO organization (id, name) VALUES ('x', 'x')`} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin(Origin{"folder", "files"}, nil); !errors.Is(err, ErrOccupied) {
		t.Errorf("with an organization: %v", err)
	}
	for _, statement := range []string{`DELETE FROM organization`, `INSERT INTO schema_step (version) VALUES (1000)`} {
		if _, err := other.Exec(t.Context(), statement); err != nil {
			t.Fatal(err)
		}
	}
	if err := begin(Origin{"folder", "files"}, nil); !errors.Is(err, ErrNewer) {
		t.Errorf("newer: %v", err)
	}
}
