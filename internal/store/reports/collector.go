package reports

import (
	"context"
	"database/sql"
	"fmt"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/database"
)

// SourceCollector is the collector of a source's newest report that named one.
type SourceCollector struct {
	Source string
	inventory.Collector
}

// Collectors returns the collectors of devices' reports, by device id and ordered by source. It is
// meant for the devices of one page.
func (s *Store) Collectors(ctx context.Context, org string, devices ...string) (map[string][]SourceCollector, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	args := []any{org}
	for _, id := range devices {
		args = append(args, id)
	}
	type row struct {
		device string
		SourceCollector
	}
	query := `SELECT device, source, program, version FROM collector
		WHERE organization = $1 AND device IN (` + places(2, len(devices)) + `) ORDER BY device, source`
	rows, err := s.db.Reader().QueryContext(ctx, query, args...)
	all, err := database.Collect(rows, err, func(rows *sql.Rows) (r row, err error) {
		err = rows.Scan(&r.device, &r.Source, &r.Name, &r.Version)
		return r, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the collectors of %d devices: %w", len(devices), err)
	}
	by := map[string][]SourceCollector{}
	for _, r := range all {
		by[r.device] = append(by[r.device], r.SourceCollector)
	}
	return by, nil
}
