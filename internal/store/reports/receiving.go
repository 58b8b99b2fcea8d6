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
