package clock

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
)

// silentGroups reads only silent devices, by their index.
const silentGroups = `
	SELECT pinned_group, count(*) FROM device
	WHERE organization = $1 AND received < $2 AND pinned_group IS NOT NULL AND pinned_group <> $3
	GROUP BY pinned_group`

// SilentGroups counts, by group, the devices of the newest generation that sent no report since a
// time. Hidden devices are not counted.
func (s *Store) SilentGroups(ctx context.Context, org string, since time.Time) (map[int64]int64, error) {
	type silent struct{ group, devices int64 }
	rows, err := s.db.Reader().QueryContext(ctx, silentGroups, org, database.Millis(since), rbac.HiddenGroup)
	found, err := database.Collect(rows, err, func(rows *sql.Rows) (g silent, err error) {
		return g, rows.Scan(&g.group, &g.devices)
	})
	if err != nil {
		return nil, fmt.Errorf("counting silent devices: %w", err)
	}
	groups := make(map[int64]int64, len(found))
	for _, g := range found {
		groups[g.group] = g.devices
	}
	return groups, nil
}
