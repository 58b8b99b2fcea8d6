package database

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"testing"
)

// TestOpenRefusesWhatIsNotDurable opens databases that lack one of the settings required by law 2.
func TestOpenRefusesWhatIsNotDurable(t *testing.T) {
	for _, setting := range []struct{ pragma, instead string }{
		{"journal_mode", "PRAGMA journal_mode = delete;"},
		{"synchronous", "PRAGMA synchronous = normal;"},
		{"foreign_keys", "PRAGMA foreign_keys = off;"},
	} {
		db, err := openSQLite(filepath.Join(t.TempDir(), "muster.db"), writerPragmas+setting.instead, 1)
		if err != nil {
			t.Fatal(err)
		}
		defer db.Close()
		if err := checkDurable(t.Context(), db); err == nil || !strings.Contains(err.Error(), setting.pragma) {
			t.Errorf("error %v does not name %q", err, setting.pragma)
		}
	}
}

// TestReadersCannotWrite checks that the connections for reading cannot write.
func TestReadersCannotWrite(t *testing.T) {
	s, err := Open(t.Context(), Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if _, err := s.reader.Exec(`DELETE FROM device`); err == nil {
		t.Error("a reading connection wrote")
	}
}

// TestParametersAreInOrder reads this package's SQL: SQLite numbers $n by
// first appearance and PostgreSQL by n, so the two must agree in every text.
func TestParametersAreInOrder(t *testing.T) {
	files, err := filepath.Glob("../*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	parameter := regexp.MustCompile(`\$(\d+)`)
	texts := 0
	for _, path := range files {
		file, err := parser.ParseFile(token.NewFileSet(), path, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		ast.Inspect(file, func(n ast.Node) bool {
			literal, ok := n.(*ast.BasicLit)
			if !ok || literal.Kind != token.STRING {
				return true
			}
			highest := 0
			for _, found := range parameter.FindAllStringSubmatch(literal.Value, -1) {
				number, _ := strconv.Atoi(found[1])
				if number > highest+1 && highest > 0 {
					t.Errorf("%s: $%d appears before $%d in %s", path, number, highest+1, literal.Value)
				}
				highest = max(highest, number)
			}
			if highest > 0 {
				texts++
			}
			return true
		})
	}
	if texts < 30 {
		t.Errorf("found %d texts with parameters, want all of them", texts)
	}
}

// TestSchemaIsOneText keeps the schema within what PostgreSQL reads as well.
func TestSchemaIsOneText(t *testing.T) {
	dialect := regexp.MustCompile(`(?i)\b(autoincrement|without\s+rowid|datetime|strftime|serial|now\(\)|integer|strict|bytea)\b`)
	comment := regexp.MustCompile(`--.*`)
	err := fs.WalkDir(migrations, "schema", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := migrations.ReadFile(path)
		if word := dialect.FindString(comment.ReplaceAllString(string(text), "")); word != "" {
			t.Errorf("%s uses %q, which one of the databases does not know", path, word)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
