package reports

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
)

// collected stores the collector of a report. A report without sections stores none, so a device
// has no more collectors than it may have sources.
func (r receiving) collected(ctx context.Context, device string, in *Incoming) error {
	if in.Collector.Name == "" || len(in.Documents) == 0 {
		return nil
	}
	return r.put(ctx, collectorRow, r.putCollector, r.org, device, in.Source, in.Collector.Name, in.Collector.Version)
}

// addressed stores the addresses of a report. Like its collector, those of a report without sections
// are not stored.
func (r receiving) addressed(ctx context.Context, device string, in *Incoming) error {
	if in.Addresses == nil || len(in.Documents) == 0 {
		return nil
	}
	text, err := json.Marshal(in.Addresses)
	if err != nil {
		return fmt.Errorf("encoding addresses: %w", err)
	}
	return r.put(ctx, addressRow, r.putAddresses, r.org, device, in.Source, string(text))
}

// touch writes what is not content: times and, if they changed, groups, claims and rank.
func (r receiving) touch(ctx context.Context, old, device *Device, said time.Time) error {
	err := r.put(ctx, touchedRow, r.touchDevice, database.Millis(device.LastSeen), database.Millis(device.Received),
		r.agreed(said), r.org, device.ID)
	if err != nil || device.WantedGroup == old.WantedGroup && device.NamedGroup == old.NamedGroup &&
		device.Rank == old.Rank && device.Claims.Equal(old.Claims) {
		return err
	}
	claims, err := device.Claims.encode()
	if err == nil {
		err = r.rarely(ctx, r.placeDevice, device.WantedGroup, device.NamedGroup, claims, device.Rank, r.org, device.ID)
	}
	return err
}

// agreed returns the clock's reading if a report's own time agrees with it, in stored form; else
// 0.
func (r receiving) agreed(said time.Time) int64 {
	if said.IsZero() || r.reading.Sub(said).Abs() > clock.DeviceTolerance {
		return 0
	}
	return database.Millis(r.reading)
}

// save writes a changed device and its fresh documents.
func (r receiving) save(ctx context.Context, d Device, said time.Time, w written) error {
	tags, err := encodeTags(d.Tags)
	if err != nil {
		return err
	}
	claims, err := d.Claims.encode()
	if err != nil {
		return err
	}
	err = r.put(ctx, deviceRow, r.putDevice, r.org, d.ID, d.Name, nameKey(d.Name), d.OSPlatform,
		d.OSVersion, d.OSArchitecture,
		tags, database.Millis(d.FirstSeen), database.Millis(d.LastSeen), database.Millis(d.Received), d.Revision,
		d.Hash[:], d.Rank, r.agreed(said),
		d.WantedGroup, d.NamedGroup, claims)
	if err != nil {
		return err
	}
	for _, doc := range w.fresh {
		err := r.put(ctx, documentRow, r.putDocument, r.org, d.ID, w.source, int64(doc.Section), doc.Hash[:],
			database.NonNil(doc.Data), w.writer)
		if err != nil {
			return fmt.Errorf("section %d of source %q: %w", doc.Section, w.source, err)
		}
	}
	return nil
}

func (r receiving) receipt(ctx context.Context, device, source string, changed bool,
	ignored trust.Fields) (Receipt, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Receipt{}, fmt.Errorf("making the id of a receipt: %w", err)
	}
	receipt := Receipt{
		ID: id.String(), DeviceID: device, Source: source,
		Revision: r.revision, Received: database.FromMillis(database.Millis(r.now)), Changed: changed,
		NotCounted: ignored,
	}
	err = r.put(ctx, receiptRow, r.putReceipt, r.org, receipt.ID, device, source, receipt.Revision,
		database.Millis(r.now), changed)
	if err != nil {
		return Receipt{}, fmt.Errorf("writing the receipt for device %q: %w", device, err)
	}
	return receipt, nil
}
