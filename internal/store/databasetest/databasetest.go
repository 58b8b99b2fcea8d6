// Package databasetest asks a database how it runs the statements of its rooms.
package databasetest

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
)

// Search is a statement that must not read every row, and what it must do instead:
// the end of SQLite's first line about it.
type Search struct {
	Query      string
	Parameters int
	By         string
}

// Searched fails the test for each statement that is run in another way.
func Searched(t *testing.T, db *database.DB, all []Search) {
	t.Helper()
	for _, s := range all {
		var id, parent, unused int
		var plan string
		args := make([]any, s.Parameters)
		for i := range args {
			args[i] = i + 1
		}
		err := db.Reader().QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN `+s.Query, args...).Scan(&id, &parent, &unused, &plan)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(plan, s.By) {
			t.Errorf("plan %q, want one by %q for %s", plan, s.By, s.Query)
		}
	}
}
