package snapshot

import (
	"fmt"
	"slices"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
)

// RangeReader gives a generation the rows of one range of the snapshot before.
// A part is read whole, and checked, when its first byte is wanted.
type RangeReader struct {
	files *Files
	rng   *Range
	sheet *Sheet
	// offsets[d][i] is where device i's fragments of dataset d begin; one more
	// says where the last ends.
	offsets [defender.DatasetCount][]int64
	loaded  [defender.DatasetCount][]byte
	mem     *Buffers
	decoder *gzipjoin.Decoder
}

// Buffers is memory that one worker lends to one reader after the other. A
// reader's data must not be used after the next one took the buffers.
type Buffers struct {
	parts [defender.DatasetCount][]byte
	sheet []byte
}

// OpenRange reads the sheet of a range. mem may be nil.
func (f *Files) OpenRange(rng *Range, mem *Buffers) (*RangeReader, error) {
	if mem == nil {
		mem = new(Buffers)
	}
	r := &RangeReader{files: f, rng: rng, sheet: new(Sheet), mem: mem, decoder: gzipjoin.NewDecoder()}
	if rng.Sheet.Path == "" {
		return r, nil
	}
	data, err := f.ReadAll(mem.sheet, rng.Sheet)
	if err != nil {
		return nil, err
	}
	mem.sheet = data
	if r.sheet, err = parseSheet(data); err != nil {
		return nil, fmt.Errorf("file %q: %w", rng.Sheet.Path, err)
	}
	return r, r.locate()
}

// locate sums up extents and compares them with the parts' sizes.
func (r *RangeReader) locate() error {
	for d := range defender.Dataset(defender.DatasetCount) {
		at := int64(gzipjoin.HeaderSize)
		offsets := make([]int64, 0, len(r.sheet.Entries)+1)
		end := at
		if p := r.rng.Full.Of(d); p != nil {
			end = p.Bytes - gzipjoin.TrailerSize
		}
		for i := range r.sheet.Entries {
			offsets = append(offsets, at)
			for _, x := range r.sheet.Entries[i].extents[d] {
				at += min(x.Size, end-at+1) // no overflow
			}
		}
		r.offsets[d] = append(offsets, at)
		if at != end {
			return fmt.Errorf("file %q: its %s do not fill their part: %w", r.rng.Sheet.Path, d, ErrDamaged)
		}
	}
	return nil
}

// Sheet returns what the range's devices were made from.
func (r *RangeReader) Sheet() *Sheet { return r.sheet }

// Find returns the index of the device, or where it would stand.
func (r *RangeReader) Find(id string) (int, bool) {
	return slices.BinarySearchFunc(r.sheet.Entries, id, func(e Entry, id string) int { return strings.Compare(e.ID, id) })
}

// Rows puts the rows of device i into rows, reusing its memory.
func (r *RangeReader) Rows(i int, rows *assess.Rows) error {
	for d := range defender.Dataset(defender.DatasetCount) {
		rows[d] = rows[d][:0]
		x := join(r.sheet.Entries[i].extents[d])
		if x.rows == 0 {
			continue
		}
		data, err := r.compressed(d, i, i+1)
		if err != nil {
			return err
		}
		if rows[d], err = r.decoder.Append(rows[d], data, x.Fragment); err != nil {
			return fmt.Errorf("file %q: device %q: %w: %w", r.rng.Full.Of(d).Path, r.sheet.Entries[i].ID, err, ErrDamaged)
		}
	}
	return nil
}

// compressed returns the fragments of devices [from, to), which lie together.
func (r *RangeReader) compressed(d defender.Dataset, from, to int) ([]byte, error) {
	if r.loaded[d] == nil {
		part := r.rng.Full.Of(d)
		if part == nil {
			return nil, nil
		}
		data, err := r.files.ReadAll(r.mem.parts[d], part.File)
		if err != nil {
			return nil, err
		}
		r.mem.parts[d], r.loaded[d] = data, data
	}
	return r.loaded[d][r.offsets[d][from]:r.offsets[d][to]], nil
}
