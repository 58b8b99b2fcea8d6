package store

import (
	"cmp"
	"context"
	"database/sql"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Incoming is one report, checked and normalised, on its way into the store.
type Incoming struct {
	// Device may lack its ID, and anything but the name of a new device:
	// what is empty (nil for Tags) stays as it was known.
	Device inventory.Device
	// Source tells one device's reports apart.
	Source string
	// Seen is the report's own time, clamped; zero means the time of receipt.
	Seen time.Time
	// Documents replace those of the same source and section. Sections that
	// are absent stay.
	Documents []inventory.Document
	// Group names the device's RBAC group, by a sender who may. It counts
	// where no rule matches (doc/decision/0018), and until another is named;
	// empty leaves the one named before.
	Group string
}

// BatchError says which report of a batch was refused. The batch was not
// stored.
type BatchError struct {
	// Index counts from 0.
	Index int
	Err   error
}

func (e *BatchError) Error() string { return fmt.Sprintf("report %d: %v", e.Index+1, e.Err) }
func (e *BatchError) Unwrap() error { return e.Err }

// Receive stores a batch of reports, whole or not at all, as the newest of
// their devices and sources, in order. When it returns receipts they are
// durable, one for each report, and in the first generation begun afterwards.
//
// A report without a device id joins the one device of that name (whatever
// its case). Where several have it the batch fails with ErrAmbiguousDevice;
// where none has, the id is derived from the name. A report that changes
// nothing moves last-seen and received times only.
//
// The error of a single report is a *BatchError. ErrSaturated means that the
// queue is full. When ctx ends while the batch still waits, nothing of it is
// stored; once it is being written, Receive waits for the outcome.
func (s *Store) Receive(ctx context.Context, org string, batch []Incoming, now time.Time) ([]Receipt, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	c := newCall(org, batch, now)
	if err := s.queue.put(c); err != nil {
		return nil, fmt.Errorf("storing %d reports: %w", len(batch), err)
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		if s.queue.abandon(c) {
			return nil, ctx.Err()
		}
		<-c.done
	}
	if c.err != nil {
		return nil, fmt.Errorf("storing %d reports: %w", len(batch), explain(c.err))
	}
	return c.receipts, nil
}

// writeReports writes what comes through the queue, group by group, until the
// queue is closed and empty.
func (s *Store) writeReports() {
	defer close(s.drained)
	ctx := context.Background() // callers may leave; what was taken is finished
	for group := s.queue.take(); len(group) > 0; group = s.queue.take() {
		s.writeGroup(ctx, group)
		for _, c := range group {
			close(c.done)
		}
	}
}

// writeGroup commits a group as one transaction. Where that fails as a whole
// (a batch too large for the disk, for one) each call is tried on its own, so
// that the guilty one fails alone.
func (s *Store) writeGroup(ctx context.Context, group []*call) {
	err := s.write(ctx, func(tx *sql.Tx) error {
		return s.receive.in(ctx, tx).calls(ctx, tx, group)
	})
	switch {
	case err == nil:
	case len(group) == 1:
		group[0].fail(err)
	default:
		for i := range group {
			s.writeGroup(ctx, group[i:i+1])
		}
	}
}

// fail keeps the first cause: when the disk is full, what follows is only that
// the savepoint is gone.
func (c *call) fail(err error) {
	c.receipts = nil
	if c.err == nil {
		c.err = err
	}
}

// calls runs each call in a savepoint. Its error is the transaction's; a
// call's own is kept with the call.
func (st receiveStatements) calls(ctx context.Context, tx *sql.Tx, group []*call) error {
	for _, c := range group {
		if _, err := tx.ExecContext(ctx, `SAVEPOINT batch`); err != nil {
			return err
		}
		c.receipts, c.err = st.batch(ctx, tx, c)
		if c.err != nil {
			c.receipts = nil
			if _, err := tx.ExecContext(ctx, `ROLLBACK TO SAVEPOINT batch`); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `RELEASE SAVEPOINT batch`); err != nil {
			return err
		}
	}
	return nil
}

func (st receiveStatements) batch(ctx context.Context, tx *sql.Tx, c *call) ([]Receipt, error) {
	before, rules, err := takeRevisions(ctx, st.takeRevisions, c.org, len(c.batch))
	if err != nil {
		return nil, err
	}
	grouping, err := st.groupings.at(ctx, tx, c.org, rules)
	if err != nil {
		return nil, err
	}
	receipts := make([]Receipt, len(c.batch))
	for i, in := range c.batch {
		r := receiving{receiveStatements: st, grouping: grouping, org: c.org, now: c.now, revision: before + int64(i) + 1}
		if receipts[i], err = r.report(ctx, in); err != nil {
			return nil, &BatchError{Index: i, Err: err}
		}
	}
	return receipts, nil
}

// receiving is the receipt of one report.
type receiving struct {
	receiveStatements
	grouping *grouping
	org      string
	now      time.Time
	revision int64
}

// report compares what is known with what came in, and writes the difference.
func (r receiving) report(ctx context.Context, in Incoming) (Receipt, error) {
	if err := checkNamedGroup(in.Group); err != nil {
		return Receipt{}, err
	}
	old, err := r.identify(ctx, in.Device)
	if err != nil {
		return Receipt{}, err
	}
	hashes, err := r.hashes(ctx, old.ID)
	if err != nil {
		return Receipt{}, err
	}
	fresh := hashes.replace(in.Source, in.Documents)
	device := r.merge(old, in)
	device.Hash = hashDevice(device.Device, hashes)
	changed := device.Hash != old.Hash
	if changed {
		err = r.save(ctx, device, in.Source, fresh)
	} else {
		_, err = r.touchDevice.ExecContext(ctx, millis(device.LastSeen), millis(device.Received), r.org, device.ID)
	}
	if err == nil && (device.WantedGroup != old.WantedGroup || device.NamedGroup != old.NamedGroup) {
		_, err = r.groupDevice.ExecContext(ctx, device.WantedGroup, device.NamedGroup, r.org, device.ID)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("storing device %q: %w", device.ID, err)
	}
	return r.receipt(ctx, device.ID, in.Source, changed)
}

// checkNamedGroup refuses what can be no group's name, but for those of group 0.
func checkNamedGroup(name string) error {
	if name == "" || rbac.IsReserved(name) {
		return nil
	}
	if err := rbac.CheckName(name); err != nil {
		return fmt.Errorf("naming a group: %w", err)
	}
	return nil
}

// identify finds the device that a report is about. One that is not known yet
// comes back with its ID alone.
func (r receiving) identify(ctx context.Context, said inventory.Device) (Device, error) {
	id := said.ID
	if id == "" {
		rows, err := r.deviceByName.QueryContext(ctx, r.org, nameKey(said.Name))
		named, err := collect(rows, err, scanDevice)
		switch {
		case err != nil:
			return Device{}, fmt.Errorf("looking for device %q: %w", said.Name, err)
		case len(named) > 1:
			return Device{}, fmt.Errorf("device name %q: %w: say which by its id", said.Name, ErrAmbiguousDevice)
		case len(named) == 1:
			return named[0], nil
		}
		id = inventory.DeriveID("", said.Name)
	}
	rows, err := r.deviceByID.QueryContext(ctx, r.org, id)
	known, err := collect(rows, err, scanDevice)
	switch {
	case err != nil:
		return Device{}, fmt.Errorf("looking for device %q: %w", id, err)
	case len(known) == 1:
		return known[0], nil
	case said.Name == "":
		return Device{}, fmt.Errorf("device %q: new, and has no name", id)
	}
	return Device{Device: inventory.Device{ID: id}}, nil
}

// hashes reads what the documents of a device were; a new device has none.
func (r receiving) hashes(ctx context.Context, device string) (documentHashes, error) {
	rows, err := r.documentHashes.QueryContext(ctx, r.org, device)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	hashes := make(documentHashes)
	for rows.Next() {
		var key documentKey
		var hash hash256
		if err := rows.Scan(&key.source, &key.section, &hash); err != nil {
			return nil, err
		}
		hashes[key] = hash
	}
	return hashes, rows.Err()
}

// merge lays a report over what was known of its device.
func (r receiving) merge(old Device, in Incoming) Device {
	seen := in.Seen
	if seen.IsZero() {
		seen = r.now
	}
	device := old
	device.Device = overlay(old.Device, in.Device)
	device.NamedGroup = cmp.Or(in.Group, old.NamedGroup)
	device.WantedGroup = r.grouping.group(device.Device, device.NamedGroup)
	if old.FirstSeen.IsZero() {
		device.FirstSeen = seen
	}
	if seen.After(old.LastSeen) {
		device.LastSeen = seen
	}
	device.Received = r.now
	device.Revision = r.revision
	return device
}

// save writes a changed device and those of its documents that are fresh.
func (r receiving) save(ctx context.Context, d Device, source string, fresh []inventory.Document) error {
	tags, err := encodeTags(d.Tags)
	if err != nil {
		return err
	}
	_, err = r.putDevice.ExecContext(ctx, r.org, d.ID, d.Name, nameKey(d.Name), d.OSPlatform, d.OSVersion, d.OSArchitecture,
		tags, millis(d.FirstSeen), millis(d.LastSeen), millis(d.Received), d.Revision, d.Hash[:])
	if err != nil {
		return err
	}
	for _, doc := range fresh {
		_, err := r.putDocument.ExecContext(ctx, r.org, d.ID, source, int64(doc.Section), doc.Hash[:], nonNil(doc.Data))
		if err != nil {
			return fmt.Errorf("section %d of source %q: %w", doc.Section, source, err)
		}
	}
	return nil
}

func (r receiving) receipt(ctx context.Context, device, source string, changed bool) (Receipt, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Receipt{}, fmt.Errorf("naming a receipt: %w", err)
	}
	receipt := Receipt{
		ID: id.String(), DeviceID: device, Source: source,
		Revision: r.revision, Received: fromMillis(millis(r.now)), Changed: changed,
	}
	_, err = r.putReceipt.ExecContext(ctx, r.org, receipt.ID, device, source, receipt.Revision, millis(r.now), changed)
	if err != nil {
		return Receipt{}, fmt.Errorf("writing the receipt for device %q: %w", device, err)
	}
	return receipt, nil
}
