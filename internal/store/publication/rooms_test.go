package publication

import (
	"path/filepath"
	"testing"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/reports"
)

// rooms are the rooms that a generation needs: organizations with their rules, and devices that
// report.
type rooms struct {
	*Store
	path          string
	organizations *organization.Store
	fleet         *reports.Store
}

// openRooms opens a new database, or the one at a path, and closes it afterwards.
func openRooms(tb testing.TB, cfg database.Config) *rooms {
	tb.Helper()
	if cfg.Path == "" {
		cfg.Path = filepath.Join(tb.TempDir(), "muster.db")
	}
	db, err := database.Open(tb.Context(), cfg)
	if err != nil {
		tb.Fatal(err)
	}
	fleet, err := reports.Open(tb.Context(), db, reports.Config{})
	if err != nil {
		tb.Fatal(err)
	}
	tb.Cleanup(func() {
		fleet.Close()
		if err := db.Close(); err != nil {
			tb.Error(err)
		}
	})
	return &rooms{New(db), cfg.Path, organization.New(db), fleet}
}
