// Package databasetest checks the query plans of the store's statements.
package databasetest

import (
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
)

// Search is a statement that must not read every row, and the plan it must have: the end of the
// first line of SQLite's query plan.
type Search struct {
	Query      string
	Parameters int
	By         string
}

// Searched fails the test for each statement with another plan.
func Searched(t *testing.T, db *database.DB, all []Search) {
	t.Helper()
	for _, s := range all {
		var id, parent, unused int
		var plan string
		args := make([]any, s.Parameters)
		for i := range args {
			args[i] = i + 1
		}
		err := db.Reader().QueryRowContext(t.Context(), `EXPLAIN QUERY PLAN `+s.Query,
			args...).Scan(&id, &parent, &unused, &plan)
		if err != nil {
			t.Fatal(err)
		}
		if !strings.HasSuffix(plan, s.By) {
			t.Errorf("plan %q, want one by %q for %s", plan, s.By, s.Query)
		}
	}
}
