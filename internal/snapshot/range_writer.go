package snapshot

import (
	"fmt"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot/projection"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// RangeWriter writes the files of one range. Devices must come in the order of their ids. It holds
// one device and the sheet in memory.
type RangeWriter struct {
	batch  *Batch
	alone  bool // the only user of the batch: Close syncs it
	naming Naming
	made   Made
	// unindexed says that no index is written, because the manifest has version 1.
	unindexed  bool
	full       [defender.DatasetCount]partWriter
	delta      [defender.DatasetCount]partWriter
	sheet      Sheet
	components map[assess.Component]uint32
	tables     tallied.Tables
	changes    [defender.DatasetCount]counts.Changes
	encoder    *gzipjoin.Encoder
	buf        []byte
	copied     copied
	projecting projecting
}

// copied is the range that was last copied from: renumbered[i] is one more than the new index of
// its component i, 0 if it has none yet.
type copied struct {
	from       *RangeReader
	renumbered []uint32
}

// NewRangeWriter begins a range whose files are durable when Close returns.
func (f *Files) NewRangeWriter(n Naming, lo, hi, catalog string, encoder *gzipjoin.Encoder) *RangeWriter {
	w := f.NewBatch().NewRangeWriter(n, lo, hi, catalog, encoder)
	w.alone = true
	return w
}

// NewRangeWriter begins the range [lo, hi) of naming's group, with verdicts from the named
// catalog. The encoder belongs to the worker and is reused. The files are durable once the writer
// is closed and the batch synced.
func (b *Batch) NewRangeWriter(n Naming, lo, hi, catalog string, encoder *gzipjoin.Encoder) *RangeWriter {
	w := &RangeWriter{
		batch: b, naming: n,
		made:       Made{Version: ManifestVersion, Range: Range{Group: n.Group, Lo: lo, Hi: hi}},
		sheet:      Sheet{Catalog: catalog},
		components: map[assess.Component]uint32{},
		encoder:    encoder,
		projecting: newProjecting(n.Group),
	}
	for d := range defender.Dataset(defender.DatasetCount) {
		w.full[d] = partWriter{batch: b, name: n.part(d, false)}
		w.delta[d] = partWriter{batch: b, name: n.part(d, true)}
	}
	return w
}

// Unindexed says that no index is to be written, because the manifest has version 1.
func (w *RangeWriter) Unindexed() { w.unindexed = true }

// Component returns the index by which entries refer to a component.
func (w *RangeWriter) Component(r assess.Component) uint32 {
	i, ok := w.components[r]
	if !ok {
		i = uint32(len(w.sheet.Components))
		w.sheet.Components = append(w.sheet.Components, r)
		w.components[r] = i
	}
	return i
}

// Add appends a device with rows from which its projection is read.
func (w *RangeWriter) Add(e Entry, rows *assess.Rows) error {
	return w.AddMade(e, projection.Device{}, rows, nil)
}

// AddMade appends a device with new rows, which were made from something that is known, or nil. The
// writer fills in what of the device is in its entry and rows.
func (w *RangeWriter) AddMade(e Entry, d projection.Device, rows *assess.Rows, made *assess.Made) error {
	for d := range rows {
		var err error
		if e.fragments[d], w.buf, err = w.full[d].encode(w.encoder, rows[d], w.buf); err != nil {
			return err
		}
	}
	w.enter(e)
	return w.projecting.add(&e, d, rows, made)
}

// Copy appends devices [from, to) of an old range without changing their bytes.
func (w *RangeWriter) Copy(old *RangeReader, from, to int) error {
	for d := range defender.Dataset(defender.DatasetCount) {
		if err := w.copy(d, old, from, to); err != nil {
			return err
		}
	}
	alone, err := w.projecting.copy(old, from, to)
	if err != nil {
		return err
	}
	for _, e := range old.sheet.Entries[from:to] {
		if alone { // rows do not have all that a projection has
			e.Fingerprint = [16]byte{}
		}
		e.Components = w.renumber(old, e.Components)
		for d := range e.fragments {
			for _, x := range e.fragments[d] {
				w.full[d].grow(x)
			}
		}
		w.enter(e)
	}
	return nil
}

// renumber translates indices of an old sheet's components to this sheet's.
func (w *RangeWriter) renumber(old *RangeReader, indices []uint32) []uint32 {
	if w.copied.from != old {
		w.copied = copied{old, make([]uint32, len(old.sheet.Components))}
	}
	components := make([]uint32, len(indices))
	for i, r := range indices {
		known := &w.copied.renumbered[r]
		if *known == 0 {
			*known = w.Component(old.sheet.Components[r]) + 1
		}
		components[i] = *known - 1
	}
	return components
}

// copy appends the fragments of devices [from, to) in one dataset.
func (w *RangeWriter) copy(d defender.Dataset, old *RangeReader, from, to int) error {
	for from < to {
		next := old.stretch(d, from, to)
		data, err := old.compressed(d, from, next)
		if err != nil {
			return err
		}
		if len(data) > 0 {
			if err := w.full[d].write(data); err != nil {
				return err
			}
		}
		from = next
	}
	return nil
}

// Outdate marks the last added device as never up to date, so that the next generation makes it
// anew.
func (w *RangeWriter) Outdate() { w.sheet.Entries[len(w.sheet.Entries)-1].Fingerprint = [16]byte{} }

func (w *RangeWriter) enter(e Entry) {
	e.Asked, e.Checked = w.tables.Add(&e.Coverage)
	w.made.Coverage.Add(&e.Coverage)
	w.sheet.Entries = append(w.sheet.Entries, e)
	w.made.Devices++
	w.made.Severities.Add(e.Severities)
}

// AddDelta appends the changes of one device.
func (w *RangeWriter) AddDelta(delta *assess.Delta) error {
	for d := range delta.Rows {
		var err error
		if _, w.buf, err = w.delta[d].encode(w.encoder, delta.Rows[d], w.buf); err != nil {
			return err
		}
		w.changes[d].Add(delta.Changes[d])
	}
	return nil
}

// Delta is where the merge counts why findings are Fixed, and how many exceptions hide.
func (w *RangeWriter) Delta() *Delta { return &w.made.Delta }

// AddUnassessed records a device that could not be assessed.
func (w *RangeWriter) AddUnassessed(u Unassessed) {
	w.made.Delta.Unassessed = append(w.made.Delta.Unassessed, u)
}

// AddTruncation records what a limit left out.
func (w *RangeWriter) AddTruncation(t Truncation) {
	w.made.Delta.Truncated = append(w.made.Delta.Truncated, t)
}

// Weight returns about how much memory Close takes, in bytes, with what the writer holds.
func (w *RangeWriter) Weight() int64 {
	if w.projecting.builder == nil {
		return 0
	}
	return w.projecting.builder.Weight()
}

// Close finishes the files and returns the range for the manifest.
func (w *RangeWriter) Close() (*Made, error) {
	index, delta := &Index{Full: Parts{}}, &w.made.Delta
	delta.Parts = Parts{}
	for d := range defender.Dataset(defender.DatasetCount) {
		if err := closeInto(index.Full, d, &w.full[d]); err != nil {
			return nil, err
		}
		if err := closeInto(delta.Parts, d, &w.delta[d]); err != nil {
			return nil, err
		}
		if w.changes[d].Sum() > 0 {
			if delta.Changes == nil {
				delta.Changes = map[string]counts.Changes{}
			}
			delta.Changes[d.String()] = w.changes[d]
		}
	}
	if err := w.closeSheet(index); err != nil {
		return nil, err
	}
	if err := w.closeIndex(index); err != nil || !w.alone {
		return &w.made, err
	}
	return &w.made, w.batch.Sync()
}

func closeInto(parts Parts, d defender.Dataset, p *partWriter) error {
	part, err := p.close()
	if part != nil {
		parts[d.String()] = part
	}
	return err
}

func (w *RangeWriter) closeSheet(index *Index) error {
	if len(w.sheet.Entries) == 0 {
		return nil
	}
	w.sheet.Asked, w.sheet.Checks = w.tables.Asked, w.tables.Checks
	data, err := w.sheet.append(w.buf[:0])
	if err != nil {
		return fmt.Errorf("making sheet: %w", err)
	}
	if index.Sheet, err = w.batch.Write(w.naming.sheet(), data); err == nil && !w.unindexed {
		index.Projection, err = w.projecting.write(w.batch, w.naming, w.encoder)
	}
	return err
}

func (w *RangeWriter) closeIndex(index *Index) (err error) {
	w.made.full = index
	w.made.count(index)
	if !w.unindexed && !index.empty() {
		w.made.Index, err = w.batch.writeIndex(w.naming, index)
	}
	return err
}

// Abort removes the unfinished files.
func (w *RangeWriter) Abort() {
	for d := range w.full {
		w.full[d].abort()
		w.delta[d].abort()
	}
}
