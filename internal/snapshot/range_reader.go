package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// RangeReader reads the rows of one range of the snapshot before, for a generation. A part is read
// through and checked when its first byte is needed; after that, only the requested rows are held
// in memory.
type RangeReader struct {
	files *Files
	name  string // the sheet's name
	full  Parts
	sheet *Sheet
	// offsets[d][i] is the offset of device i's fragments of dataset d; one more entry gives the
	// end of the last.
	offsets [defender.DatasetCount][]int64
	mem     *Buffers
	decoder *gzipjoin.Decoder
	// projection is read when it is needed; index says where it is.
	index      *Index
	projection *projection.Projection
}

// Buffers are memory and open files that one worker lends to one reader after another. A reader
// must not be used after the next one took the buffers.
type Buffers struct {
	parts [defender.DatasetCount]blob.Blob // checked
	raw   [defender.DatasetCount]blob.Blob // unchecked
	data  []byte                           // compressed bytes of one dataset
	sheet []byte
}

// Close closes the files of the last reader.
func (b *Buffers) Close() {
	for _, files := range []*[defender.DatasetCount]blob.Blob{&b.parts, &b.raw} {
		for d, file := range files {
			if file != nil {
				file.Close() // only read from
				files[d] = nil
			}
		}
	}
}

// OpenRange reads the index and the sheet of a range. mem may be nil if only the sheet is read;
// otherwise the caller must close it at the end.
func (f *Files) OpenRange(rng *Range, mem *Buffers) (*RangeReader, error) {
	if mem == nil {
		mem = new(Buffers)
	}
	mem.Close()
	r := &RangeReader{files: f, sheet: new(Sheet), mem: mem, decoder: gzipjoin.NewDecoder()}
	index, err := rng.Full()
	if err != nil {
		return nil, err
	}
	if index.Sheet.Path == "" {
		return r, nil
	}
	r.full, r.name, r.index = index.Full, index.Sheet.Path, index
	data, err := f.ReadAll(mem.sheet, index.Sheet)
	if err != nil {
		return nil, err
	}
	mem.sheet = data
	if r.sheet, err = parseSheet(data); err != nil {
		return nil, fmt.Errorf("file %q: %w", r.name, err)
	}
	return r, r.locate()
}

// locate sums up the fragments and compares them with the parts' sizes.
func (r *RangeReader) locate() error {
	for d := range defender.Dataset(defender.DatasetCount) {
		at := int64(gzipjoin.HeaderSize)
		offsets := make([]int64, 0, len(r.sheet.Entries)+1)
		end := at
		if p := r.full.Of(d); p != nil {
			end = p.Bytes - gzipjoin.TrailerSize
		}
		for i := range r.sheet.Entries {
			offsets = append(offsets, at)
			for _, x := range r.sheet.Entries[i].fragments[d] {
				at += min(x.Size, end-at+1) // no overflow
			}
		}
		r.offsets[d] = append(offsets, at)
		if at != end {
			return fmt.Errorf("file %q: its fragments of %s do not fill their part: %w", r.name, d, ErrDamaged)
		}
	}
	return nil
}

// Sheet returns the sheet: the inputs of the devices' rows.
func (r *RangeReader) Sheet() *Sheet { return r.sheet }

// Projected reports whether the range has a projection.
func (r *RangeReader) Projected() bool { return r.index != nil && r.index.Projection.Path != "" }

// Projection reads the projection, once; nil if there is none.
func (r *RangeReader) Projection() (*projection.Projection, error) {
	if r.projection != nil || !r.Projected() {
		return r.projection, nil
	}
	p, err := r.files.projection(r.index.Projection)
	if err == nil && len(p.Devices) != len(r.sheet.Entries) {
		err = fmt.Errorf("file %q: %d devices, the sheet has %d: %w", r.index.Projection.Path, len(p.Devices),
			len(r.sheet.Entries), ErrDamaged)
	}
	if err == nil {
		r.projection = p
	}
	return r.projection, err
}

// Find returns the index of the device, or where it would be inserted.
func (r *RangeReader) Find(id string) (int, bool) {
	return slices.BinarySearchFunc(r.sheet.Entries, id, func(e Entry, id string) int { return strings.Compare(e.ID, id) })
}

// Rows reads the rows of device i into rows, reusing its memory.
func (r *RangeReader) Rows(i int, rows *assess.Rows) error {
	for d := range defender.Dataset(defender.DatasetCount) {
		rows[d] = rows[d][:0]
		x := join(r.sheet.Entries[i].fragments[d])
		if x.Rows == 0 {
			continue
		}
		data, err := r.compressed(d, i, i+1)
		if err != nil {
			return err
		}
		if rows[d], err = r.decoder.Append(rows[d], data, x.deflated()); err != nil {
			return fmt.Errorf("file %q: device %q: %w: %w", r.full.Of(d).Path, r.sheet.Entries[i].ID, err, ErrDamaged)
		}
	}
	return nil
}

// Salvage is Rows for parts that may be damaged: for each dataset it returns the rows with a
// correct checksum, and which datasets are lost.
func (r *RangeReader) Salvage(i int, rows *assess.Rows) (lost [defender.DatasetCount]bool) {
	for d := range defender.Dataset(defender.DatasetCount) {
		rows[d], lost[d] = r.SalvageOf(d, i, rows[d])
	}
	return lost
}

// SalvageOf is Salvage for one dataset. It reuses the memory of rows.
func (r *RangeReader) SalvageOf(d defender.Dataset, i int, rows []byte) (salvaged []byte, lost bool) {
	x := join(r.sheet.Entries[i].fragments[d])
	if x.Rows == 0 {
		return rows[:0], false
	}
	if data, err := r.unchecked(d, i); err == nil {
		if salvaged, err = r.decoder.Append(rows[:0], data, x.deflated()); err == nil {
			return salvaged, false
		}
	}
	return rows[:0], true
}

// unchecked returns the fragments of a device from an unchecked part.
func (r *RangeReader) unchecked(d defender.Dataset, i int) ([]byte, error) {
	if r.mem.raw[d] == nil {
		file, err := r.files.Open(r.full.Of(d).Path)
		if err != nil {
			return nil, err
		}
		r.mem.raw[d] = file
	}
	begin, end := r.offsets[d][i], r.offsets[d][i+1]
	r.mem.data = slices.Grow(r.mem.data[:0], int(end-begin))[:end-begin]
	_, err := r.mem.raw[d].ReadAt(r.mem.data, begin)
	return r.mem.data, err
}

// compressed returns the fragments of devices [from, to), which are adjacent. They are valid until
// the next call.
func (r *RangeReader) compressed(d defender.Dataset, from, to int) ([]byte, error) {
	part := r.full.Of(d)
	if part == nil {
		return nil, nil
	}
	if r.mem.parts[d] == nil {
		file, err := r.files.OpenChecked(part.File, true)
		if err != nil {
			return nil, err
		}
		r.mem.parts[d] = file
	}
	begin, end := r.offsets[d][from], r.offsets[d][to]
	r.mem.data = slices.Grow(r.mem.data[:0], int(end-begin))[:end-begin]
	if _, err := r.mem.parts[d].ReadAt(r.mem.data, begin); err != nil {
		return nil, r.files.Damaged(part.File, err.Error())
	}
	return r.mem.data, nil
}

// copyBytes is about how many bytes are copied at once.
const copyBytes = 1 << 20

// stretch returns the end of the run of devices, at most to, whose fragments are copied at once.
func (r *RangeReader) stretch(d defender.Dataset, from, to int) int {
	limit := r.offsets[d][from] + copyBytes
	n, _ := slices.BinarySearch(r.offsets[d][from+1:to], limit)
	return from + 1 + n
}
