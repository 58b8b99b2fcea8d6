package reports

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
)

// Addresses returns the addresses of devices, by device id, each address of a device once. What a
// device's own credential wrote comes first, then the others by source. It is meant for the devices of
// one page.
func (s *Store) Addresses(ctx context.Context, org string, devices ...string) (map[string][]inventory.Address, error) {
	if len(devices) == 0 {
		return nil, nil
	}
	args := []any{org}
	for _, id := range devices {
		args = append(args, id)
	}
	args = append(args, trust.OfCredential)
	query := `
		SELECT device, addresses FROM address
		WHERE organization = $1 AND device IN (` + places(2, len(devices)) + `)
		ORDER BY device, CASE WHEN EXISTS (SELECT 1 FROM document WHERE document.organization = address.organization
			AND document.device = address.device AND document.source = address.source AND document.writer = ` + places(len(args), 1) + `)
			THEN 0 ELSE 1 END, source`
	by := map[string][]inventory.Address{}
	rows, err := s.db.Reader().QueryContext(ctx, query, args...)
	_, err = database.Collect(rows, err, func(rows *sql.Rows) (none struct{}, err error) {
		var device, text string
		var all []inventory.Address
		if err = rows.Scan(&device, &text); err == nil {
			err = json.Unmarshal([]byte(text), &all)
		}
		for _, a := range all {
			if !slices.ContainsFunc(by[device], func(b inventory.Address) bool { return a.IP == b.IP }) {
				by[device] = append(by[device], a)
			}
		}
		return none, err
	})
	if err != nil {
		return nil, fmt.Errorf("reading the addresses of %d devices: %w", len(devices), err)
	}
	return by, nil
}
