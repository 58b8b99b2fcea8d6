package notified

import (
	"database/sql"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/databasetest"
)

// A long history is searched, not read.
func TestNoticesAreSearched(t *testing.T) {
	db, err := database.Open(t.Context(), database.Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	databasetest.Searched(t, db, []databasetest.Search{
		{Query: dueNotices, Parameters: 4, By: "notice_by_state (organization=? AND rule=? AND state=? AND due<?)"},
		{Query: countWaiting, Parameters: 1, By: "(organization=?)"},
	})
	rows, err := db.Reader().QueryContext(t.Context(), `EXPLAIN QUERY PLAN `+countNotices, "o", "o")
	lines, err := database.Collect(rows, err, func(rows *sql.Rows) (line string, err error) {
		var id, parent, unused int
		return line, rows.Scan(&id, &parent, &unused, &line)
	})
	plan := strings.Join(lines, "\n")
	if err != nil || !strings.Contains(plan, "notice USING COVERING INDEX notice_by_state (organization=?)") ||
		!strings.Contains(plan, "w USING INDEX notice_by_state (organization=? AND rule=? AND state=?)") {
		t.Errorf("counting has the plan %v:\n%s", err, plan)
	}
}
