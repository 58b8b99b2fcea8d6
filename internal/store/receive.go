package store

import (
	"context"
	"database/sql"
	"fmt"
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
	// Collector is what made the report, as far as it said so.
	Collector inventory.Collector
	// Seen is the report's own time, clamped; zero means the time of receipt.
	Seen time.Time
	// Said is the report's own time as it stood there, zero if it had none: it
	// tells whether the device's clock agrees with ours, and nothing else.
	Said time.Time
	// Documents replace those of the same source and section. Sections that
	// are absent stay.
	Documents []inventory.Document
	// Group names the device's RBAC group. As far as the sender may place
	// devices it counts where no rule matches (doc/decision/0018), and until
	// another is named; empty leaves the one named before.
	Group string
}

// Receive stores a batch of reports as the newest of their devices and
// sources, in order. When it returns receipts they are durable, one for each
// report, and in the first generation begun afterwards. While others wait the
// sender, and its organization, get no more than their share of what can be
// stored.
//
// A batch of up to sliceReports reports and sliceWork bytes is stored whole or
// not at all. A larger one is looked through before, so that what is wrong with
// it is told while nothing is stored; then it is stored in slices of that size,
// between which others are served. If that ends early, because of what others
// stored meanwhile, a full disk or a stop, the error is a *PartialError; if the
// process dies, a first part may be stored. Sending all again does no harm.
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
// queue is full of calls of those who have no more of it than this sender.
// When ctx ends, what still waits is not stored, and Receive waits for the
// outcome of what is being written.
func (s *Store) Receive(ctx context.Context, org string, sender trust.Sender, batch []Incoming, now time.Time) ([]Receipt, error) {
	if len(batch) == 0 {
		return nil, nil
	}
	c := newCall(org, sender, batch, now)
	if err := s.begin(ctx, c); err != nil {
		return nil, fmt.Errorf("storing %d reports: %w", len(batch), err)
	}
	select {
	case <-c.done:
	case <-ctx.Done():
		s.queue.abandon(c, ctx.Err())
		<-c.done
	}
	return c.outcome()
}

// begin examines a call that is stored in several slices, and puts it into the
// queue.
func (s *Store) begin(ctx context.Context, c *call) error {
	if len(c.slices()) > 1 {
		if err := s.examiner.examine(ctx, c); err != nil {
			return explain(err)
		}
	}
	return s.queue.put(c)
}

// receiving is the receipt of one report.
type receiving struct {
	receiveStatements
	tx       *sql.Tx
	grouping *grouping
	known    *knownDevices
	org      string
	sender   *trust.Sender
	reading  time.Time // of the clock
	now      time.Time // the time of receipt
	revision int64
}

// compared is a report's device as it was and as it is from then on, with what
// is written of its source and the fields that do not count.
type compared struct {
	old, device Device
	written
	ignored trust.Fields
}

// compare compares what is known with what came in, and writes nothing.
func (r receiving) compare(ctx context.Context, in *Incoming) (c compared, err error) {
	if err = checkNamedGroup(in.Group); err != nil {
		return c, err
	}
	if c.old, err = r.identify(ctx, in); err != nil {
		return c, err
	}
	known, err := r.known.device(ctx, r.receiveStatements, c.old.ID)
	if err != nil {
		return c, err
	}
	if c.written, err = known.take(r.sender, in.Source, in.Documents); err != nil {
		return c, fmt.Errorf("device %q: %w", c.old.ID, err)
	}
	c.device, c.ignored, err = r.merge(c.old, in, known.reports())
	return c, err
}

// report writes what is different from what was known.
func (r receiving) report(ctx context.Context, in *Incoming) (Receipt, error) {
	c, err := r.compare(ctx, in)
	if err != nil {
		return Receipt{}, err
	}
	old, device, w := c.old, c.device, c.written
	changed := len(w.fresh) > 0 || !sameIdentity(old.Device, device.Device)
	if changed {
		device.Hash = r.known.hash(device)
		err = r.save(ctx, device, in.Said, w)
	} else {
		err = r.touch(ctx, &old, &device, in.Said)
	}
	if err == nil && w.taken {
		_, err = r.ownSource.ExecContext(ctx, w.writer, r.org, device.ID, in.Source)
	}
	if err == nil {
		err = r.collected(ctx, device.ID, in)
	}
	if err != nil {
		return Receipt{}, fmt.Errorf("storing device %q: %w", device.ID, err)
	}
	return r.receipt(ctx, device.ID, in.Source, changed, c.ignored)
}

// touch writes what is no content: times and, where they are others than before,
// groups, claims and rank.
func (r receiving) touch(ctx context.Context, old, device *Device, said time.Time) error {
	_, err := r.touchDevice.ExecContext(ctx, millis(device.LastSeen), millis(device.Received), r.agreed(said), r.org, device.ID)
	if err != nil || device.WantedGroup == old.WantedGroup && device.NamedGroup == old.NamedGroup &&
		device.Rank == old.Rank && device.Claims.Equal(old.Claims) {
		return err
	}
	claims, err := device.Claims.encode()
	if err == nil {
		_, err = r.placeDevice.ExecContext(ctx, device.WantedGroup, device.NamedGroup, claims, device.Rank, r.org, device.ID)
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

// merge lays a report over what was known of its device, as far as its sender is
// believed, and returns the fields of its identity that do not count. It is
// rbac.ErrCostly where the organization's rules cannot tell where the device
// belongs: nothing of the report is stored then.
func (r receiving) merge(old Device, in *Incoming, reports bool) (_ Device, ignored trust.Fields, err error) {
	seen := in.Seen
	if seen.IsZero() {
		seen = r.now
	}
	device, known := old, r.trusted(&old, reports)
	device.Device, device.Rank, ignored = r.sender.Identify(known, in.Device, in.Device.ID != "")
	device.NamedGroup = r.sender.Place(known, in.Group, old.NamedGroup)
	if device.WantedGroup, err = r.grouping.of(device.Device, device.NamedGroup, device.Rank); err != nil {
		return Device{}, 0, err
	}
	if r.sender.Role == trust.Own {
		device.Claims = claimsOf(in.Device, ignored)
	}
	if number, _ := r.grouping.number(in.Group); in.Group != "" && !strings.EqualFold(device.NamedGroup, in.Group) && number != old.PresentGroup() {
		ignored |= trust.Group
	}
	if old.FirstSeen.IsZero() {
		device.FirstSeen = seen
	}
	if seen.After(old.LastSeen) || old.LastSeen.After(r.now.Add(aheadTolerance)) { // of a clock that was ahead
		device.LastSeen = seen
	}
	device.Received = r.now
	device.Revision = r.revision
	return device, ignored, nil
}

// agreed is the clock's reading where a report's own time agrees with it, as it
// is stored; else 0.
func (r receiving) agreed(said time.Time) int64 {
	if said.IsZero() || r.reading.Sub(said).Abs() > deviceTolerance {
		return 0
	}
	return millis(r.reading)
}

// save writes a changed device and those of its documents that are fresh.
func (r receiving) save(ctx context.Context, d Device, said time.Time, w written) error {
	tags, err := encodeTags(d.Tags)
	if err != nil {
		return err
	}
	claims, err := d.Claims.encode()
	if err != nil {
		return err
	}
	_, err = r.putDevice.ExecContext(ctx, r.org, d.ID, d.Name, nameKey(d.Name), d.OSPlatform, d.OSVersion, d.OSArchitecture,
		tags, millis(d.FirstSeen), millis(d.LastSeen), millis(d.Received), d.Revision, d.Hash[:], d.Rank, r.agreed(said),
		d.WantedGroup, d.NamedGroup, claims)
	if err != nil {
		return err
	}
	for _, doc := range w.fresh {
		_, err := r.putDocument.ExecContext(ctx, r.org, d.ID, w.source, int64(doc.Section), doc.Hash[:], nonNil(doc.Data), w.writer)
		if err != nil {
			return fmt.Errorf("section %d of source %q: %w", doc.Section, w.source, err)
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
