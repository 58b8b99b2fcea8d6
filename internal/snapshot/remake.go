package snapshot

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/row"
)

// ErrLost says that damaged files cannot be made again from what is there.
var ErrLost = errors.New("it cannot be made again from what is there")

// Damage says which files of a range are not what the manifest says. Where the
// index is damaged nothing is known of what it names, and all of that is lost.
type Damage struct {
	Index, Sheet bool
	Full, Delta  [defender.DatasetCount]bool
	// Files names them.
	Files []File
}

// Any tells whether there is any.
func (d *Damage) Any() bool { return len(d.Files) > 0 }

// OfFull tells whether the index, the sheet or a full part is damaged.
func (d *Damage) OfFull() bool { return d.Sheet || d.Full != [defender.DatasetCount]bool{} }

// OfDelta tells whether a delta part is damaged.
func (d *Damage) OfDelta() bool { return d.Delta != [defender.DatasetCount]bool{} }

// DamageOf reads the files of a range that are kept and compares them with
// their hashes. Of those that seen names, because another range has them, too,
// it is enough that nothing touched them since. That the file of deltas is
// damaged is for the caller to notice: it is not the range's own.
func (f *Files) DamageOf(m *Manifest, number int, full, delta bool, seen map[string]bool) (d Damage, err error) {
	check := func(file File, damaged *bool) {
		again := !seen[file.Path]
		seen[file.Path] = true
		switch failed := f.Check(file, again); {
		case errors.Is(failed, ErrDamaged):
			*damaged = true
			d.Files = append(d.Files, file)
		case failed != nil:
			err = errors.Join(err, failed)
		}
	}
	r := &m.Ranges[number]
	if full && r.Index.Path != "" {
		check(r.Index, &d.Index)
	}
	if d.Index {
		d.Sheet = true
		for set, rows := range r.Rows {
			d.Full[set] = rows > 0
		}
	} else if full {
		x, failed := r.Full()
		if failed != nil {
			return d, errors.Join(err, failed)
		}
		if x.Sheet.Path != "" {
			check(x.Sheet, &d.Sheet)
		}
		for set := range defender.Dataset(defender.DatasetCount) {
			if p := x.Full.Of(set); p != nil {
				check(p.File, &d.Full[set])
			}
		}
	}
	if !delta {
		return d, err
	}
	own, failed := m.Delta(number)
	if failed != nil {
		return d, errors.Join(err, failed)
	}
	for set := range defender.Dataset(defender.DatasetCount) {
		if p := own.Parts.Of(set); p != nil {
			check(p.File, &d.Delta[set])
		}
	}
	return d, err
}

// Without is the damage less some files that were put back. What the index
// names was not looked at where that was damaged.
func (d Damage) Without(m *Manifest, number int, restored map[string]bool) (left Damage, err error) {
	for _, f := range d.Files {
		if !restored[f.Path] {
			left.Files = append(left.Files, f)
		}
	}
	if left.Index = d.Index; d.Index {
		left.Sheet, left.Full = d.Sheet, d.Full
	} else if d.OfFull() {
		x, err := m.Ranges[number].Full()
		if err != nil {
			return d, err
		}
		left.Sheet, left.Full = d.Sheet && !restored[x.Sheet.Path], x.Full.without(d.Full, restored)
	}
	if d.OfDelta() {
		own, err := m.Delta(number)
		if err != nil {
			return d, err
		}
		left.Delta = own.Parts.without(d.Delta, restored)
	}
	return left, nil
}

// without takes parts that were put back out of those that are damaged.
func (p Parts) without(damaged [defender.DatasetCount]bool, restored map[string]bool) [defender.DatasetCount]bool {
	for set := range damaged {
		damaged[set] = damaged[set] && !restored[p.Of(defender.Dataset(set)).Path]
	}
	return damaged
}

// Remaking is one damaged range that is to be made again.
type Remaking struct {
	Naming Naming
	// Of is the snapshot, Number that of the range in it.
	Of     *Manifest
	Number int
	Damage Damage
	// Before is the snapshot before, nil where its full parts are not kept.
	Before  *Manifest
	Encoder *gzipjoin.Encoder
}

// Remake makes the damaged files of a range again, by law 1: full n-1 and delta
// n make full n, and full n-1 and full n make delta n. The rows of a sheet that
// is lost are those of its parts. It returns the range as a new manifest is to
// name it, one of the same version; the files are durable when the batch was synced. Rows that were made
// from a delta have the last-seen times of the snapshot before, and their
// devices are stale. ErrLost if too much is damaged.
func (b *Batch) Remake(ctx context.Context, m Remaking) (*Made, error) {
	r := &m.Of.Ranges[m.Number]
	w := b.NewRangeWriter(m.Naming, r.Lo, r.Hi, "", m.Encoder)
	w.unindexed = m.Of.Version == 1
	made, err := (&remaker{Remaking: m, rng: r, files: b.files, out: w}).remake(ctx)
	if err != nil {
		w.Abort()
		return nil, err
	}
	return made, nil
}

type remaker struct {
	Remaking
	rng    *Range
	index  *Index // an empty one if it is damaged
	delta  *Delta
	files  *Files
	out    *RangeWriter
	sheet  *Sheet
	stale  bool // rows were made from a delta
	differ assess.Differ
	change assess.Delta
}

func (m *remaker) remake(ctx context.Context) (*Made, error) {
	if err := m.possible(); err != nil {
		return nil, err
	}
	var err error
	if m.delta, err = m.Of.Delta(m.Number); err != nil {
		return nil, err
	}
	if m.index = new(Index); !m.Damage.Index {
		if m.index, err = m.rng.Full(); err != nil {
			return nil, err
		}
	}
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

// possible says whether law 1 has two of its three sides.
func (m *remaker) possible() error {
	for d := range defender.Dataset(defender.DatasetCount) {
		full, delta := m.Damage.Full[d], m.Damage.Delta[d]
		switch {
		case full && delta:
			return fmt.Errorf("%s of the snapshot and its changes are both damaged: %w", d, ErrLost)
		case (full || delta) && m.Before == nil:
			return fmt.Errorf("the snapshot before is not kept: %w", ErrLost)
		case full && m.Of.Ranges[m.Number].Group == HiddenGroup:
			return fmt.Errorf("hidden devices have no changes: %w", ErrLost)
		}
	}
	return nil
}

// Possible is possible for who only wants to know. It does not look at the
// snapshot before.
func (m Remaking) Possible() error { return (&remaker{Remaking: m}).possible() }

// overlapping lists the parts of the snapshot before that have rows of the
// range, and checks them.
func (m *remaker) overlapping(d defender.Dataset) (*PartList, error) {
	list, err := m.Before.list(false, func(r *Range) bool { return r.Overlaps(m.rng.Group, m.rng.Lo, m.rng.Hi) }, d)
	for i := 0; err == nil && i < list.Len(); i++ {
		var p *Part
		if p, err = list.Part(i); err == nil {
			err = m.files.Check(p.File, false)
		}
	}
	if err != nil {
		return nil, fmt.Errorf("the snapshot before: %w: %w", ErrLost, err)
	}
	return list, nil
}

// full writes all full parts and the sheet anew.
func (m *remaker) full(ctx context.Context) error {
	m.sheet = &Sheet{}
	if !m.Damage.Sheet && m.index.Sheet.Path != "" {
		reader, err := m.files.OpenRange(m.rng, nil)
		if err != nil {
			return err
		}
		m.sheet = reader.sheet
		m.out.sheet.Catalog = m.sheet.Catalog
	}
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
		rows.change = m.files.stream(ctx, d, true, PartsOf(p), unpaced)
	}
	return rows, nil
}

// rowsNow opens the rows of the range's own full part.
func (m *remaker) rowsNow(ctx context.Context, d defender.Dataset) *deviceRows {
	rows := &deviceRows{}
	if p := m.index.Full.Of(d); p != nil {
		rows.before = m.files.stream(ctx, d, false, PartsOf(p), unpaced)
	}
	return rows
}

// rowsBefore opens the rows that the snapshot before has between the range's
// bounds.
func (m *remaker) rowsBefore(ctx context.Context, d defender.Dataset) (*deviceRows, error) {
	parts, err := m.overlapping(d)
	if err != nil {
		return nil, err
	}
	rows := &deviceRows{before: m.files.stream(ctx, d, false, parts, unpaced), hi: m.rng.Hi}
	for !rows.before.ended && rows.before.device() < m.rng.Lo {
		rows.before.next()
	}
	return rows, nil
}

// devices writes one device after the other: those of the sheet and those that
// have rows.
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
		entry := Entry{ID: next}
		if len(entries) > 0 && entries[0].ID == next {
			entry, entries = m.entry(&entries[0]), entries[1:]
		} else {
			entry.Severities = severitiesOf(rows[defender.Vulnerabilities])
		}
		if err := m.out.Add(entry, &rows); err != nil {
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

// entry is what the new sheet says of a device.
func (m *remaker) entry(old *Entry) Entry {
	e := *old
	e.Releases = make([]uint32, len(old.Releases))
	for i, r := range old.Releases {
		e.Releases[i] = m.out.Release(m.sheet.Releases[r])
	}
	if m.stale {
		e.Fingerprint = [16]byte{}
	}
	return e
}

// severitiesOf counts rows of vulnerabilities.
func severitiesOf(rows []byte) (s Severities) {
	shape := row.ShapeOf(defender.Vulnerabilities, false)
	for len(rows) > 0 {
		var row row.Row
		rest, err := shape.Scan(&row, rows)
		if err != nil {
			return s
		}
		switch strings.Trim(string(row.Value(defender.FieldVulnerabilitySeverityLevel)), `"`) {
		case defender.SeverityCritical:
			s.Critical++
		case defender.SeverityHigh:
			s.High++
		case defender.SeverityMedium:
			s.Medium++
		case defender.SeverityLow:
			s.Low++
		default:
			s.Unrated++
		}
		rows = rest
	}
	return s
}

// deltas writes the damaged delta parts anew: what differs between the rows of
// the snapshot before and those of this one.
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

// earliest is the first device of all lists.
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

// join is the damaged range with what was made in its place.
func (m *remaker) join(made *Made) *Made {
	whole := &Made{Version: m.Of.Version, Range: *m.rng, Delta: *m.delta}
	if m.Damage.OfFull() {
		whole.Range = made.Range
		whole.Anew = m.rng.Anew
	}
	if m.Damage.OfDelta() {
		whole.Delta.Parts, whole.Delta.Changes = Parts{}, map[string]Changes{}
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
