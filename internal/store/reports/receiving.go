package reports

import (
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/organization"
)

// receiving is the receipt of one report.
type receiving struct {
	receiveStatements
	tx       *sql.Tx
	grouping *organization.Grouping
	known    *knownDevices
	// kept is what is known of all devices beforehand; nil: it is read. writes gets what is to be written;
	// nil: it is written at once.
	kept     *kept
	writes   *writes
	org      string
	sender   *trust.Sender
	reading  time.Time // the clock's reading
	now      time.Time // the time of receipt
	revision int64
}

// compared is a report's device before and after the report, with what is written of its source
// and the fields that do not count.
type compared struct {
	old, device Device
	written
	ignored trust.Fields
}

// trusted returns a device in the form of package trust.
func (r receiving) trusted(d *Device, reports bool) *trust.Device {
	return &trust.Device{Device: d.Device, Known: !d.FirstSeen.IsZero(), Rank: d.Rank,
		Group: d.PresentGroup(), Reports: reports}
}

// byID returns the device with an id, or a new device with only the id.
func (r receiving) byID(ctx context.Context, id string) (Device, error) {
	if r.kept != nil {
		if d, known := r.kept.devices[id]; known {
			return d, nil
		}
		return Device{Device: inventory.Device{ID: id}}, nil
	}
	rows, err := r.deviceByID.QueryContext(ctx, r.org, id)
	known, err := database.Collect(rows, err, scanDevice)
	switch {
	case err != nil:
		return Device{}, fmt.Errorf("looking for device %q: %w", id, err)
	case len(known) == 1:
		return known[0], nil
	}
	return Device{Device: inventory.Device{ID: id}}, nil
}

// put writes a row, by its statement for one of the kind.
func (r receiving) put(ctx context.Context, k kind, one *sql.Stmt, row ...any) error {
	if r.writes != nil {
		r.writes.rows[k] = append(r.writes.rows[k], row)
		return nil
	}
	_, err := one.ExecContext(ctx, row...)
	return err
}

// rarely runs a statement that few reports need.
func (r receiving) rarely(ctx context.Context, statement *sql.Stmt, args ...any) error {
	do := func(ctx context.Context) error {
		_, err := statement.ExecContext(ctx, args...)
		return err
	}
	if r.writes != nil {
		r.writes.rare = append(r.writes.rare, do)
		return nil
	}
	return do(ctx)
}
