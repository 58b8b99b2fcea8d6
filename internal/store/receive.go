package store

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
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
	// Group names the device's RBAC group. As far as the sender may place
	// devices it counts where no rule matches (doc/decision/0018), and until
	// another is named; empty leaves the one named before.
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
// What a report is believed about depends on its sender (package trust): a
// sender who may not write it gets trust.ErrRefused, and what it says of its
// device and may not decide is named in the receipt. A report without a device
// id joins the one device of that name (whatever its case) among those that its
// sender finds. Where several have it the batch fails with ErrAmbiguousDevice;
// where none has, the id is derived from the name; ErrNoGroup says that a scoped
// sender has several groups and named none for the new device. A report that
// changes nothing moves last-seen and received times only.
//
// The error of a single report is a *BatchError. ErrSaturated means that the
// queue is full. When ctx ends while the batch still waits, nothing of it is
// stored; once it is being written, Receive waits for the outcome.
func (s *Store) Receive(ctx context.Context, org string, sender trust.Sender, batch []Incoming, now time.Time) ([]Receipt, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	c := newCall(org, sender, batch, now)
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
		r := receiving{receiveStatements: st, tx: tx, grouping: grouping, org: c.org, sender: &c.sender, now: c.now, revision: before + int64(i) + 1}
		if receipts[i], err = r.report(ctx, in); err != nil {
			return nil, &BatchError{Index: i, Err: err}
		}
	}
	return receipts, nil
}

// receiving is the receipt of one report.
type receiving struct {
	receiveStatements
	tx       *sql.Tx
	grouping *grouping
	org      string
	sender   *trust.Sender
	now      time.Time
	revision int64
}

// report compares what is known with what came in, and writes the difference.
func (r receiving) report(ctx context.Context, in Incoming) (Receipt, error) {
	if err := checkNamedGroup(in.Group); err != nil {
		return Receipt{}, err
	}
	old, err := r.identify(ctx, &in)
	if err != nil {
		return Receipt{}, err
	}
	hashes, writers, err := r.hashes(ctx, old.ID)
	if err != nil {
		return Receipt{}, err
	}
	written, err := r.admit(in, writers)
	if err != nil {
		return Receipt{}, err
	}
	written.fresh = hashes.replace(in.Source, in.Documents)
	device, ignored := r.merge(old, in, writers.reports())
	device.Hash = hashDevice(device.Device, hashes)
	changed := device.Hash != old.Hash
	switch {
	case changed:
		err = r.save(ctx, device, written)
	default:
		_, err = r.touchDevice.ExecContext(ctx, millis(device.LastSeen), millis(device.Received), r.org, device.ID)
	}
	if err == nil && written.taken {
		_, err = r.ownSource.ExecContext(ctx, written.writer, r.org, device.ID, in.Source)
	}
	if err == nil {
		err = r.place(ctx, &old, &device)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("storing device %q: %w", device.ID, err)
	}
	return r.receipt(ctx, device.ID, in.Source, changed, ignored)
}

// place writes what is no content: groups, claims and rank.
func (r receiving) place(ctx context.Context, old, device *Device) error {
	if device.WantedGroup != old.WantedGroup || device.NamedGroup != old.NamedGroup || old.FirstSeen.IsZero() {
		_, err := r.groupDevice.ExecContext(ctx, device.WantedGroup, device.NamedGroup, r.org, device.ID)
		if err != nil {
			return err
		}
	}
	if device.Rank == old.Rank && device.Claims.Equal(old.Claims) {
		return nil
	}
	claims, err := device.Claims.encode()
	if err == nil {
		_, err = r.claimDevice.ExecContext(ctx, claims, device.Rank, r.org, device.ID)
	}
	return err
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

// hashes reads what the documents of a device were, and whose its sources are; a
// new device has none.
func (r receiving) hashes(ctx context.Context, device string) (documentHashes, sourceWriters, error) {
	rows, err := r.documentHashes.QueryContext(ctx, r.org, device)
	if err != nil {
		return nil, nil, err
	}
	defer rows.Close()
	hashes, writers := make(documentHashes), make(sourceWriters)
	for rows.Next() {
		var key documentKey
		var hash hash256
		var writer trust.Writer
		if err := rows.Scan(&key.source, &key.section, &hash, &writer); err != nil {
			return nil, nil, err
		}
		hashes[key], writers[key.source] = hash, writer
	}
	return hashes, writers, rows.Err()
}

// sourceWriters says whose the sources of a device are.
type sourceWriters map[string]trust.Writer

// reports tells whether a credential wrote one of the sources.
func (w sourceWriters) reports() bool {
	return slices.Contains(slices.Collect(maps.Values(w)), trust.OfCredential)
}

// saved is what a report writes of a source.
type saved struct {
	source string
	writer trust.Writer
	// taken tells that the source was somebody else's before.
	taken bool
	fresh []inventory.Document
}

// admit tells whose a report's source is from now on, if the sender may write it.
func (r receiving) admit(in Incoming, writers sourceWriters) (saved, error) {
	known, there := writers[in.Source]
	if !there {
		return saved{source: in.Source, writer: r.sender.NewSource()}, nil
	}
	writer, err := r.sender.MayReplace(in.Source, known)
	return saved{source: in.Source, writer: writer, taken: writer != known}, err
}

// merge lays a report over what was known of its device, as far as its sender is
// believed, and returns the fields of its identity that do not count.
func (r receiving) merge(old Device, in Incoming, reports bool) (Device, trust.Fields) {
	seen := in.Seen
	if seen.IsZero() {
		seen = r.now
	}
	device, known := old, r.trusted(&old, reports)
	var ignored trust.Fields
	device.Device, device.Rank, ignored = r.sender.Identify(known, in.Device, in.Device.ID != "")
	device.NamedGroup = r.sender.Place(known, in.Group, old.NamedGroup)
	device.WantedGroup = r.grouping.of(&device)
	if r.sender.Role == trust.Own {
		device.Claims = claimsOf(in.Device, ignored)
	}
	if number, _ := r.grouping.number(in.Group); in.Group != "" && !strings.EqualFold(device.NamedGroup, in.Group) && number != old.PresentGroup() {
		ignored |= trust.Group
	}
	if old.FirstSeen.IsZero() {
		device.FirstSeen = seen
	}
	if seen.After(old.LastSeen) {
		device.LastSeen = seen
	}
	device.Received = r.now
	device.Revision = r.revision
	return device, ignored
}

// save writes a changed device and those of its documents that are fresh.
func (r receiving) save(ctx context.Context, d Device, written saved) error {
	tags, err := encodeTags(d.Tags)
	if err != nil {
		return err
	}
	_, err = r.putDevice.ExecContext(ctx, r.org, d.ID, d.Name, nameKey(d.Name), d.OSPlatform, d.OSVersion, d.OSArchitecture,
		tags, millis(d.FirstSeen), millis(d.LastSeen), millis(d.Received), d.Revision, d.Hash[:], d.Rank)
	if err != nil {
		return err
	}
	for _, doc := range written.fresh {
		_, err := r.putDocument.ExecContext(ctx, r.org, d.ID, written.source, int64(doc.Section), doc.Hash[:], nonNil(doc.Data), written.writer)
		if err != nil {
			return fmt.Errorf("section %d of source %q: %w", doc.Section, written.source, err)
		}
	}
	return nil
}

func (r receiving) receipt(ctx context.Context, device, source string, changed bool, ignored trust.Fields) (Receipt, error) {
	id, err := uuid.NewV7()
	if err != nil {
		return Receipt{}, fmt.Errorf("naming a receipt: %w", err)
	}
	receipt := Receipt{
		ID: id.String(), DeviceID: device, Source: source,
		Revision: r.revision, Received: fromMillis(millis(r.now)), Changed: changed,
		NotCounted: ignored,
	}
	_, err = r.putReceipt.ExecContext(ctx, r.org, receipt.ID, device, source, receipt.Revision, millis(r.now), changed)
	if err != nil {
		return Receipt{}, fmt.Errorf("writing the receipt for device %q: %w", device, err)
	}
	return receipt, nil
}
