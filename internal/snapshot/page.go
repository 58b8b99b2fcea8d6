package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/inventory/rbac"
)

// Position is a position between two rows of a list of parts.
type Position struct {
	Part int   // index in the list
	Row  int64 // rows of that part before the position
}

// PartList lists parts in the order in which pages show them. It knows their numbers of rows;
// everything else is read when needed.
type PartList struct {
	m     *Manifest
	delta bool
	parts []listed
}

// listed is one part of a list: a part of a range of the manifest, or a known part.
type listed struct {
	rows    int64
	number  int
	dataset defender.Dataset
	part    *Part
}

// PartsOf lists known parts.
func PartsOf(parts ...*Part) *PartList {
	l := new(PartList)
	for _, p := range parts {
		l.parts = append(l.parts, listed{rows: p.Rows, part: p})
	}
	return l
}

// Parts lists the parts of the wanted datasets, range by range, without hidden devices. groups
// says which groups a caller may see; nil is all. Only a list of delta parts reads a file, the
// file of deltas.
func (m *Manifest) Parts(delta bool, groups func(int64) bool, wanted ...defender.Dataset) (*PartList, error) {
	return m.list(delta, func(r *Range) bool { return r.Group != rbac.HiddenGroup && (groups == nil || groups(r.Group)) },
		wanted...)
}

// Overlapping lists the full parts of a dataset that may contain devices of [lo, hi) of a group.
func (m *Manifest) Overlapping(group int64, lo, hi string, d defender.Dataset) *PartList {
	list, _ := m.list(false, func(r *Range) bool { return r.Overlaps(group, lo, hi) }, d) // reads no file
	return list
}

// list lists the parts of the ranges for which through is true.
func (m *Manifest) list(delta bool, through func(*Range) bool, wanted ...defender.Dataset) (*PartList, error) {
	l := &PartList{m: m, delta: delta}
	var own *deltas
	if delta {
		var err error
		if own, err = m.ownDeltas(); err != nil {
			return nil, err
		}
	}
	for i := range m.Ranges {
		rows := m.Ranges[i].Rows
		if delta {
			of := own.of(i)
			if of == nil {
				continue
			}
			rows = of.rows
		}
		if !through(&m.Ranges[i]) {
			continue
		}
		for _, d := range wanted {
			if rows[d] > 0 {
				l.parts = append(l.parts, listed{rows: rows[d], number: i, dataset: d})
			}
		}
	}
	return l, nil
}

// Len returns the number of parts.
func (l *PartList) Len() int { return len(l.parts) }

// End returns the position after the last row.
func (l *PartList) End() Position { return Position{Part: len(l.parts)} }

// Range returns the range of a part of a manifest, Number its number.
func (l *PartList) Range(i int) *Range { return &l.m.Ranges[l.parts[i].number] }
func (l *PartList) Number(i int) int   { return l.parts[i].number }

// Part returns a part. The error wraps ErrDamaged if its index or the file of deltas is damaged.
func (l *PartList) Part(i int) (*Part, error) {
	at := &l.parts[i]
	if at.part != nil {
		return at.part, nil
	}
	parts, err := l.partsOf(at.number)
	if err != nil {
		return nil, err
	}
	part := parts.Of(at.dataset)
	if part == nil || part.Rows != at.rows {
		return nil, fmt.Errorf("snapshot %d: range %d: the manifest has %d rows of %s, the index has another number: %w",
			l.m.Number, at.number, at.rows, at.dataset, ErrDamaged)
	}
	return part, nil
}

func (l *PartList) partsOf(number int) (Parts, error) {
	if l.delta {
		d, err := l.m.Delta(number)
		if err != nil {
			return nil, err
		}
		return d.Parts, nil
	}
	x, err := l.m.Ranges[number].Full()
	if err != nil {
		return nil, err
	}
	return x.Full, nil
}

// RowsBetween counts the rows between two positions.
func (l *PartList) RowsBetween(from, to Position) int64 {
	rows := to.Row - from.Row
	for i := from.Part; i < to.Part; i++ {
		rows += l.parts[i].rows
	}
	return rows
}

// Advance returns the position limit rows after from, or the end, and whether any row follows it.
// It reads no file.
func (l *PartList) Advance(from Position, limit int64) (next Position, more bool) {
	for from.Part < len(l.parts) {
		left := l.parts[from.Part].rows - from.Row
		if limit < left {
			from.Row += limit
			return from, true
		}
		limit -= left
		from = Position{Part: from.Part + 1}
		if limit == 0 {
			break
		}
	}
	return from, from.Part < len(l.parts)
}

// Rows calls yield with the line of every row between two positions, in file form with its line
// feed. A segment is read and checked before its first row is yielded, so the memory is that of
// one segment, and damage is noticed before rows are shown.
func (f *Files) Rows(ctx context.Context, list *PartList, from, to Position, yield func(lines []byte) error) error {
	pager := pager{files: f, decoder: gzipjoin.NewDecoder()}
	for ; from.Part < len(list.parts) && from.Part <= to.Part; from = (Position{Part: from.Part + 1}) {
		end := list.parts[from.Part].rows
		if from.Part == to.Part {
			end = to.Row
		}
		if from.Row >= end {
			continue
		}
		part, err := list.Part(from.Part)
		if err != nil {
			return err
		}
		if err := pager.part(ctx, part, from.Row, end, yield); err != nil {
			return err
		}
	}
	return nil
}

// pager reads segments and reuses its memory.
type pager struct {
	files      *Files
	decoder    *gzipjoin.Decoder
	compressed []byte
	raw        []byte
}

// part yields rows [from, to) of one part.
func (p *pager) part(ctx context.Context, part *Part, from, to int64, yield func([]byte) error) error {
	file, err := p.files.Open(part.Path)
	if err != nil {
		return p.files.missing(part.File, err)
	}
	defer file.Close()
	offset, row := int64(gzipjoin.HeaderSize), int64(0)
	for _, s := range part.Segments {
		if row >= to {
			return nil
		}
		if row+s.Rows > from {
			if err := ctx.Err(); err != nil {
				return err
			}
			if err := p.segment(file, offset, s); err != nil {
				return p.files.Damaged(part.File, err.Error())
			}
			lines := p.raw
			if row+s.Rows > to {
				lines = lines[:lineOffset(lines, to-row)]
			}
			if from > row {
				lines = lines[lineOffset(lines, from-row):]
			}
			if err := yield(lines); err != nil {
				return err
			}
		}
		row, offset = row+s.Rows, offset+s.Size
	}
	return nil
}

// segment inflates one segment into p.raw and checks it.
func (p *pager) segment(file io.ReaderAt, offset int64, s Fragment) (err error) {
	if int64(cap(p.compressed)) < s.Size {
		p.compressed = make([]byte, s.Size)
	}
	p.compressed = p.compressed[:s.Size]
	if _, err = file.ReadAt(p.compressed, offset); err != nil {
		return fmt.Errorf("reading segment at %d: %w", offset, err)
	}
	p.raw, err = p.decoder.Append(p.raw[:0], p.compressed, s.deflated())
	return err
}

// lineOffset returns the offset of line n, counted from 0.
func lineOffset(lines []byte, n int64) int {
	at := 0
	for ; n > 0; n-- {
		i := bytes.IndexByte(lines[at:], '\n')
		if i < 0 {
			return len(lines)
		}
		at += i + 1
	}
	return at
}
