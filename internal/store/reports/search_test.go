package reports

import (
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/databasetest"
)

// A range of a group is read by an index, without reading other groups.
func TestRangesAreSearched(t *testing.T) {
	db, err := database.Open(t.Context(), database.Config{Path: filepath.Join(t.TempDir(), "muster.db")})
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	databasetest.Searched(t, db, []databasetest.Search{
		{Query: devicesFrom, Parameters: 3,
			By: "device_by_group (organization=? AND (pinned_group,id)>(?,?) AND pinned_group<?)"},
		{Query: devicesBetween, Parameters: 4,
			By: "device_by_group (organization=? AND (pinned_group,id)>(?,?) AND (pinned_group,id)<(?,?))"},
	})
}
