package snapshot

import (
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// projecting makes the projection of a range while its devices are written. Hidden devices have none.
type projecting struct{ builder *projection.Builder }

func newProjecting(group int64) projecting {
	if group == rbac.HiddenGroup {
		return projecting{}
	}
	return projecting{projection.NewBuilder()}
}

// add adds a device. made may be nil; a device without a name is known by its rows alone.
func (p *projecting) add(e *Entry, d projection.Device, rows *assess.Rows, made *assess.Made) error {
	if p.builder == nil {
		return nil
	}
	d.ID, d.State, d.Reason = e.ID, e.Coverage.State, e.Coverage.Reason
	if made != nil {
		return p.builder.Add(d, rows, made)
	}
	return p.builder.AddRows(d, rows)
}

// copy adds devices [from, to) of an old range. If that has no projection, their rows are read, and
// alone reports that.
func (p *projecting) copy(old *RangeReader, from, to int) (alone bool, err error) {
	if p.builder == nil {
		return false, nil
	}
	known, err := old.Projection()
	if err != nil {
		return false, err
	}
	if known != nil {
		return false, p.builder.Copy(known, from, to)
	}
	var rows assess.Rows
	for i := from; i < to; i++ {
		if err := old.Rows(i, &rows); err != nil {
			return true, err
		}
		if err := p.add(&old.sheet.Entries[i], projection.Device{}, &rows, nil); err != nil {
			return true, err
		}
	}
	return true, nil
}

// write writes the projection of a range.
func (p *projecting) write(b *Batch, n Naming, e *gzipjoin.Encoder) (File, error) {
	if p.builder == nil {
		return File{}, nil
	}
	made := p.builder.Finish()
	p.builder = nil
	data, err := made.Encode(e)
	if err != nil {
		return File{}, err
	}
	return b.Write(n.projection(), data)
}

// Adopt writes an index and a projection for the files of a range that an older program made without
// them, and returns the range in the current form. known says what rows do not have of the devices.
func (b *Batch) Adopt(n Naming, old *Range, reader *RangeReader, known func(device int) projection.Device,
	e *gzipjoin.Encoder) (r Range, err error) {
	x, err := old.Full()
	if err != nil {
		return r, err
	}
	made, p := Index{Sheet: x.Sheet, Full: x.Full}, newProjecting(old.Group)
	var rows assess.Rows
	for i := range reader.sheet.Entries {
		if err := reader.Rows(i, &rows); err != nil {
			return r, err
		}
		if err := p.add(&reader.sheet.Entries[i], known(i), &rows, nil); err != nil {
			return r, err
		}
	}
	if len(reader.sheet.Entries) > 0 {
		if made.Projection, err = p.write(b, n, e); err != nil {
			return r, err
		}
	}
	r = *old
	r.Adopted = true
	r.full = &made
	r.Index, err = b.writeIndex(n, &made)
	return r, err
}
