package proof

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Remaking describes one damaged range to be made again.
type Remaking struct {
	Naming snapshot.Naming
	// Of is the snapshot, Number the range in it.
	Of     *snapshot.Manifest
	Number int
	Damage Damage
	// Before is the snapshot before; nil if its full parts are not kept.
	Before  *snapshot.Manifest
	Encoder *gzipjoin.Encoder
}

// Remake makes the damaged files of a range again by law 1: full n-1 and delta n give full n, and
// full n-1 and full n give delta n. A lost sheet is made from its parts. It returns the range for
// the new manifest, in the same version; the files are durable once the batch is synced. Rows made
// from a delta have the last-seen times of the snapshot before, and their devices are stale. The
// error is ErrLost if too much is damaged.
func Remake(ctx context.Context, files *snapshot.Files, batch *snapshot.Batch, m Remaking) (*snapshot.Made, error) {
	if err := m.Possible(); err != nil {
		return nil, err
	}
	r := &remaker{Remaking: m, rng: &m.Of.Ranges[m.Number], files: files, index: new(snapshot.Index),
		sheet: new(snapshot.Sheet)}
	if err := r.open(); err != nil {
		return nil, err
	}
	r.out = batch.NewRangeWriter(m.Naming, r.rng.Lo, r.rng.Hi, r.sheet.Catalog, m.Encoder)
	if m.Of.Version == 1 {
		r.out.Unindexed()
	}
	made, err := r.remake(ctx)
	if err != nil {
		r.out.Abort()
		return nil, err
	}
	return made, nil
}

type remaker struct {
	Remaking
	rng   *snapshot.Range
	index *snapshot.Index // empty if it is damaged
	delta *snapshot.Delta
	files *snapshot.Files
	out   *snapshot.RangeWriter
	sheet *snapshot.Sheet
	stale bool // rows were made from a delta, or nothing says what rows do not have of devices
	// known are the devices of the projection; none if it is damaged.
	known  []projection.Device
	differ assess.Differ
	change assess.Delta
}

// open reads the index and the delta as far as they are sound.
func (m *remaker) open() (err error) {
	if m.delta, err = m.Of.Delta(m.Number); err != nil || m.Damage.Index {
		return err
	}
	if m.index, err = m.rng.Full(); err != nil || m.Damage.Sheet || !m.Damage.OfFull() {
		return err
	}
	reader, err := m.files.OpenRange(m.rng, nil)
	if err != nil {
		return err
	}
	m.sheet = reader.Sheet()
	if m.stale = m.Damage.Projection || !reader.Projected(); m.stale {
		return nil
	}
	p, err := reader.Projection()
	if err == nil {
		m.known = p.Devices
	}
	return err
}

func (m *remaker) remake(ctx context.Context) (*snapshot.Made, error) {
	if m.Damage.OfFull() {
		if err := m.full(ctx); err != nil {
			return nil, err
		}
	}
	if m.Damage.OfDelta() {
		if err := m.deltas(ctx); err != nil {
			return nil, err
		}
	}
	made, err := m.out.Close()
	if err != nil {
		return nil, err
	}
	return m.join(made), nil
}

// Possible reports whether two of the three sides of law 1 are left. It does not read the snapshot
// before.
func (m Remaking) Possible() error {
	for d := range defender.Dataset(defender.DatasetCount) {
		full, delta := m.Damage.Full[d], m.Damage.Delta[d]
		switch {
		case full && delta:
			return fmt.Errorf("%s: full and delta part are both damaged: %w", d, snapshot.ErrLost)
		case (full || delta) && m.Before == nil:
			return fmt.Errorf("the snapshot before is not kept: %w", snapshot.ErrLost)
		case full && m.Of.Ranges[m.Number].Group == rbac.HiddenGroup:
			return fmt.Errorf("hidden devices have no delta: %w", snapshot.ErrLost)
		}
	}
	return nil
}

// overlapping lists and checks the parts of the snapshot before that have rows of the range.
func (m *remaker) overlapping(d defender.Dataset) (*snapshot.PartList, error) {
	list := m.Before.Overlapping(m.rng.Group, m.rng.Lo, m.rng.Hi, d)
	for i := range list.Len() {
		p, err := list.Part(i)
		if err == nil {
			err = m.files.Check(p.File, false)
		}
		if err != nil {
			return nil, fmt.Errorf("the snapshot before: %w: %w", snapshot.ErrLost, err)
		}
	}
	return list, nil
}

// full writes all full parts and the sheet anew.
func (m *remaker) full(ctx context.Context) error {
	var lists [defender.DatasetCount]*deviceRows
	defer func() {
		for _, list := range lists {
			list.close()
		}
	}()
	for d := range defender.Dataset(defender.DatasetCount) {
		var err error
		if lists[d], err = m.rowsOf(ctx, d); err != nil {
			return err
		}
	}
	return m.devices(lists)
}

// rowsOf opens the rows that a full part must have.
func (m *remaker) rowsOf(ctx context.Context, d defender.Dataset) (*deviceRows, error) {
	if !m.Damage.Full[d] {
		return m.rowsNow(ctx, d), nil
	}
	m.stale = true
	rows, err := m.rowsBefore(ctx, d)
	if err != nil {
		return nil, err
	}
	if p := m.delta.Parts.Of(d); p != nil {
		rows.change = stream(ctx, m.files, d, true, snapshot.PartsOf(p), unpaced)
	}
	return rows, nil
}

// rowsNow opens the rows of the range's own full part.
func (m *remaker) rowsNow(ctx context.Context, d defender.Dataset) *deviceRows {
	rows := &deviceRows{}
	if p := m.index.Full.Of(d); p != nil {
		rows.before = stream(ctx, m.files, d, false, snapshot.PartsOf(p), unpaced)
	}
	return rows
}

// rowsBefore opens the rows of the snapshot before within the range's bounds.
func (m *remaker) rowsBefore(ctx context.Context, d defender.Dataset) (*deviceRows, error) {
	parts, err := m.overlapping(d)
	if err != nil {
		return nil, err
	}
	rows := &deviceRows{before: stream(ctx, m.files, d, false, parts, unpaced), hi: m.rng.Hi}
	for !rows.before.ended && rows.before.device() < m.rng.Lo {
		rows.before.next()
	}
	return rows, nil
}

// devices writes one device after the other: those of the sheet and those with rows.
func (m *remaker) devices(lists [defender.DatasetCount]*deviceRows) error {
	entries := m.sheet.Entries
	var rows assess.Rows
	for {
		next := earliest(lists[:])
		if len(entries) > 0 && (next == "" || entries[0].ID < next) {
			next = entries[0].ID
		}
		if next == "" {
			return m.ended(lists)
		}
		for d, list := range lists {
			var err error
			if rows[d], err = list.of(next, rows[d][:0]); err != nil {
				return fmt.Errorf("%s of device %q: %w", defender.Dataset(d), next, err)
			}
		}
		entry := snapshot.Entry{ID: next}
		if len(entries) > 0 && entries[0].ID == next {
			entry, entries = m.entry(&entries[0]), entries[1:]
		} else {
			entry.Severities = severitiesOf(rows[defender.Vulnerabilities])
		}
		if err := m.out.AddMade(entry, m.device(next), &rows, nil); err != nil {
			return err
		}
	}
}

// ended checks that every list was read to its end.
func (m *remaker) ended(lists [defender.DatasetCount]*deviceRows) error {
	for _, list := range lists {
		if err := list.err(); err != nil {
			return err
		}
	}
	return nil
}

// device returns what the projection knows of a device; nothing if it is not in it.
func (m *remaker) device(id string) projection.Device {
	for len(m.known) > 0 && m.known[0].ID < id {
		m.known = m.known[1:]
	}
	if len(m.known) > 0 && m.known[0].ID == id {
		return m.known[0]
	}
	return projection.Device{}
}

// entry returns the device's entry for the new sheet.
func (m *remaker) entry(old *snapshot.Entry) snapshot.Entry {
	e := *old
	e.Components = make([]uint32, len(old.Components))
	for i, r := range old.Components {
		e.Components[i] = m.out.Component(m.sheet.Components[r])
	}
	if m.stale {
		e.Fingerprint = [16]byte{}
	}
	return e
}

// severitiesOf counts vulnerability rows by severity.
func severitiesOf(rows []byte) (s counts.Severities) {
	shape := row.ShapeOf(defender.Vulnerabilities, false)
	for len(rows) > 0 {
		var row row.Row
		rest, err := shape.Scan(&row, rows)
		if err != nil {
			return s
		}
		s.Count(strings.Trim(string(row.Value(defender.FieldVulnerabilitySeverityLevel)), `"`))
		rows = rest
	}
	return s
}

// deltas writes the damaged delta parts anew: the differences between the rows of the snapshot
// before and of this one.
func (m *remaker) deltas(ctx context.Context) error {
	var before, after [defender.DatasetCount]*deviceRows
	defer func() {
		for d := range before {
			before[d].close()
			after[d].close()
		}
	}()
	for d := range defender.Dataset(defender.DatasetCount) {
		if !m.Damage.Delta[d] {
			continue
		}
		var err error
		if before[d], err = m.rowsBefore(ctx, d); err != nil {
			return err
		}
		after[d] = m.rowsNow(ctx, d)
	}
	for {
		next := earliest(before[:], after[:])
		if next == "" {
			return errors.Join(m.ended(before), m.ended(after))
		}
		var old, now assess.Rows
		for d := range before {
			var err, other error
			old[d], err = before[d].of(next, nil)
			now[d], other = after[d].of(next, nil)
			if err := errors.Join(err, other); err != nil {
				return err
			}
		}
		if err := m.differ.Diff(&old, &now, row.NewTimestamp(m.Of.Begun), &m.change); err != nil {
			return err
		}
		if err := m.out.AddDelta(&m.change); err != nil {
			return err
		}
	}
}

// earliest returns the first device of all lists.
func earliest(lists ...[]*deviceRows) (first string) {
	for _, some := range lists {
		for _, list := range some {
			if id := list.next(); id != "" && (first == "" || id < first) {
				first = id
			}
		}
	}
	return first
}

// join returns the damaged range with its replacements.
func (m *remaker) join(made *snapshot.Made) *snapshot.Made {
	whole := &snapshot.Made{Version: m.Of.Version, Range: *m.rng, Delta: *m.delta}
	if m.Damage.OfFull() {
		whole.Range = made.Range
		whole.Anew = m.rng.Anew
	}
	if m.Damage.OfDelta() {
		whole.Delta.Parts, whole.Delta.Changes = snapshot.Parts{}, map[string]counts.Changes{}
		for d := range defender.Dataset(defender.DatasetCount) {
			from := m.delta
			if m.Damage.Delta[d] {
				from = &made.Delta
			}
			if p := from.Parts.Of(d); p != nil {
				whole.Delta.Parts[d.String()] = p
			}
			if c, ok := from.Changes[d.String()]; ok {
				whole.Delta.Changes[d.String()] = c
			}
		}
	}
	return whole
}
