package snapshot

import (
	"bytes"

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
	files    *Files
	name     string
	file     *fileWriter
	segments []Segment
}

// extent is where the rows of one device lie in a part: rows, and the fragment
// that its fragments make together.
type extent struct {
	rows int64
	gzipjoin.Fragment
}

// write appends compressed bytes; grow must be told what they hold.
func (p *partWriter) write(compressed []byte) error {
	if p.file == nil {
		file, err := p.files.create(p.name)
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

// grow adds the extent to the segment being made, or begins the next.
func (p *partWriter) grow(e extent) {
	if e.rows == 0 {
		return
	}
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

// encode deflates rows into fragments and appends them; buf is memory to use.
func (p *partWriter) encode(enc *gzipjoin.Encoder, rows, buf []byte) (extent, []byte, error) {
	var all extent
	for len(rows) > 0 {
		cut := fragmentEnd(rows)
		data, fragment, err := enc.Append(buf[:0], rows[:cut])
		if err != nil {
			return extent{}, buf, err
		}
		buf = data
		e := extent{rows: int64(bytes.Count(rows[:cut], newline)), Fragment: fragment}
		if err := p.write(data); err != nil {
			return extent{}, buf, err
		}
		p.grow(e)
		all.rows += e.rows
		all.Fragment = all.Fragment.Join(fragment)
		rows = rows[cut:]
	}
	return all, buf, nil
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

// close ends the member and makes the part durable; nil if it has no rows.
func (p *partWriter) close() (*Part, error) {
	if p.file == nil {
		return nil, nil
	}
	part := &Part{Segments: p.segments}
	var whole gzipjoin.Fragment
	for _, s := range p.segments {
		whole = whole.Join(gzipjoin.Fragment{Raw: s.Raw, Size: s.Size, CRC: s.CRC})
		part.Rows += s.Rows
	}
	part.Raw = whole.Raw
	if _, err := p.file.Write(gzipjoin.AppendTrailer(nil, whole)); err != nil {
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
