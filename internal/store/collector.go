package store

import (
	"context"
	"database/sql"
	"fmt"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// SourceCollector is what made the newest report of a source that told.
type SourceCollector struct {
	Source string
	inventory.Collector
}

// putCollector writes nothing where it is known already.
const putCollector = `
	INSERT INTO collector (organization, device, source, program, version) VALUES ($1, $2, $3, $4, $5)
	ON CONFLICT (organization, device, source) DO UPDATE SET program = excluded.program, version = excluded.version
	WHERE collector.program <> excluded.program OR collector.version <> excluded.version`

// collected notes what made a report. One that says nothing of its source notes
// nothing, so there are no more of them than a device may have sources.
func (r receiving) collected(ctx context.Context, device string, in *Incoming) error {
	if in.Collector.Name == "" || len(in.Documents) == 0 {
		return nil
	}
	_, err := r.putCollector.ExecContext(ctx, r.org, device, in.Source, in.Collector.Name, in.Collector.Version)
	return err
}

// Collectors returns what made the reports of devices, by the device's id and in
// the order of sources. It is meant for the devices of a page.
func (s *Store) Collectors(ctx context.Context, org string, devices ...string) (map[string][]SourceCollector, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	args := []any{org}
	places := make([]string, len(devices))
	for i, id := range devices {
		args = append(args, id)
		places[i] = fmt.Sprintf("$%d", i+2)
	}
	type row struct {
		device string
		SourceCollector
	}
	query := `SELECT device, source, program, version FROM collector
		WHERE organization = $1 AND device IN (` + strings.Join(places, ", ") + `) ORDER BY device, source`
	rows, err := s.reader.QueryContext(ctx, query, args...)
	all, err := collect(rows, err, func(rows *sql.Rows) (r row, err error) {
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
