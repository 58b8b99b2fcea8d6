package snapshot

import (
	"bytes"
	"context"
	"fmt"
	"io"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/gzipjoin"
)

// Position is a place between two rows of a list of parts.
type Position struct {
	Part int   // index in the list
	Row  int64 // rows of that part before the place
}

// Parts lists the parts of the datasets wanted, in the order in which pages
// show them: range by range, hidden devices left out. Groups says which groups
// a caller may see; nil is all of them.
func (m *Manifest) Parts(delta bool, groups func(int64) bool, wanted ...defender.Dataset) []*Part {
	var parts []*Part
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if r.Group == HiddenGroup || groups != nil && !groups(r.Group) {
			continue
		}
		of := r.Full
		if delta {
			of = r.Delta
		}
		for _, d := range wanted {
			if p := of.Of(d); p != nil {
				parts = append(parts, p)
			}
		}
	}
	return parts
}

// Advance returns the place limit rows after from, or the end, and whether any
// row follows it. It reads no file.
func Advance(parts []*Part, from Position, limit int64) (next Position, more bool) {
	for from.Part < len(parts) {
		left := parts[from.Part].Rows - from.Row
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
	return from, from.Part < len(parts)
}

// Rows calls yield with the lines (file form, with their line feeds) of every
// row between two places. A segment is read and checked before its first row
// is yielded, so memory is bounded by the segment and damage is noticed first.
func (f *Files) Rows(ctx context.Context, parts []*Part, from, to Position, yield func(lines []byte) error) error {
	pager := pager{files: f, decoder: gzipjoin.NewDecoder()}
	for ; from.Part < len(parts) && from.Part <= to.Part; from = (Position{Part: from.Part + 1}) {
		end := parts[from.Part].Rows
		if from.Part == to.Part {
			end = to.Row
		}
		if from.Row >= end {
			continue
		}
		if err := pager.part(ctx, parts[from.Part], from.Row, end, yield); err != nil {
			return err
		}
	}
	return nil
}

// pager reads segments, reusing its memory.
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
				return p.files.damaged(part.File, err.Error())
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
		row += s.Rows
		offset += s.Size
	}
	return nil
}

// segment inflates one segment into p.raw and checks it.
func (p *pager) segment(file io.ReaderAt, offset int64, s Segment) error {
	if int64(cap(p.compressed)) < s.Size {
		p.compressed = make([]byte, s.Size)
	}
	p.compressed = p.compressed[:s.Size]
	if _, err := file.ReadAt(p.compressed, offset); err != nil {
		return fmt.Errorf("reading segment at %d: %w", offset, err)
	}
	var err error
	p.raw, err = p.decoder.Append(p.raw[:0], p.compressed, gzipjoin.Fragment{Raw: s.Raw, Size: s.Size, CRC: s.CRC})
	return err
}

// lineOffset returns where line n (from 0) begins.
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
