package snapshot

import (
	"bytes"
	"fmt"

	"github.com/muster-project/muster/internal/gzipjoin"
)

const (
	// fragmentRaw is how many raw bytes a fragment holds at most, if its rows
	// allow: a device with very many rows gets several.
	fragmentRaw = 1 << 20
	// segmentRaw is where a segment ends: what a page reads and checks at once.
	segmentRaw = 2 << 20
)

// partWriter writes one part, making its file when the first row comes: a part
// without rows does not exist.
type partWriter struct {
	batch    *Batch
	name     string
	file     *fileWriter
	segments []Segment
}

// extent is a fragment, or several in a row, and how many rows it holds.
type extent struct {
	rows int64
	gzipjoin.Fragment
}

// join returns what extents make together, one after the other.
func join(extents []extent) extent {
	if len(extents) == 0 {
		return extent{}
	}
	all := extents[0]
	for _, x := range extents[1:] {
		all.rows += x.rows
		all.Fragment = all.Fragment.Join(x.Fragment)
	}
	return all
}

// write appends compressed bytes; grow must be told what they hold.
func (p *partWriter) write(compressed []byte) error {
	if p.file == nil {
		file, err := p.batch.create(p.name)
		if err != nil {
			return err
		}
		p.file = file
		if _, err := file.Write(gzipjoin.AppendHeader(nil)); err != nil {
			return err
		}
	}
	_, err := p.file.Write(compressed)
	return err
}

// grow adds one fragment to the segment being made, or begins the next.
func (p *partWriter) grow(e extent) {
	n := len(p.segments)
	if n == 0 || p.segments[n-1].Raw >= segmentRaw {
		p.segments = append(p.segments, Segment{Rows: e.rows, Size: e.Size, Raw: e.Raw, CRC: e.CRC})
		return
	}
	s := &p.segments[n-1]
	s.CRC = gzipjoin.Combine(s.CRC, e.CRC, e.Raw)
	s.Rows += e.rows
	s.Size += e.Size
	s.Raw += e.Raw
}

// encode deflates rows into fragments, appends them and says what they are; buf
// is memory to use.
func (p *partWriter) encode(enc *gzipjoin.Encoder, rows, buf []byte) (extents []extent, _ []byte, err error) {
	if len(rows) > 0 && rows[len(rows)-1] != '\n' {
		return nil, buf, fmt.Errorf("writing %q: the last of %d bytes of rows ends no line", p.name, len(rows))
	}
	for len(rows) > 0 {
		cut := fragmentEnd(rows)
		e := extent{rows: int64(bytes.Count(rows[:cut], newline))}
		if buf, e.Fragment, err = enc.Append(buf[:0], rows[:cut]); err != nil {
			return nil, buf, err
		}
		if err := p.write(buf); err != nil {
			return nil, buf, err
		}
		p.grow(e)
		extents = append(extents, e)
		rows = rows[cut:]
	}
	return extents, buf, nil
}

var newline = []byte{'\n'}

// fragmentEnd returns where the next fragment of rows ends: after the last
// line that fits, or after the first if that alone is too long.
func fragmentEnd(rows []byte) int {
	if len(rows) <= fragmentRaw {
		return len(rows)
	}
	if i := bytes.LastIndexByte(rows[:fragmentRaw], '\n'); i >= 0 {
		return i + 1
	}
	return bytes.IndexByte(rows, '\n') + 1
}

// whole is what the part's segments make together; nothing without a part.
func (p *Part) whole() extent {
	if p == nil {
		return extent{}
	}
	all := make([]extent, len(p.Segments))
	for i, s := range p.Segments {
		all[i] = extent{s.Rows, gzipjoin.Fragment{Raw: s.Raw, Size: s.Size, CRC: s.CRC}}
	}
	return join(all)
}

// close ends the member and makes the part durable; nil if it has no rows.
func (p *partWriter) close() (*Part, error) {
	if p.file == nil {
		return nil, nil
	}
	part := &Part{Segments: p.segments}
	whole := part.whole()
	part.Rows, part.Raw = whole.rows, whole.Raw
	if _, err := p.file.Write(gzipjoin.AppendTrailer(nil, whole.Fragment)); err != nil {
		return nil, err
	}
	file, err := p.file.Close()
	part.File = file
	return part, err
}

// abort removes what was written.
func (p *partWriter) abort() {
	if p.file != nil {
		p.file.abort()
	}
}
