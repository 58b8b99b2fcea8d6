package snapshot

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot/packed"
)

const (
	// fragmentRaw bounds the raw bytes of a fragment, unless one row is longer: a device with very
	// many rows gets several fragments.
	fragmentRaw = 1 << 20
	// segmentRaw is the size at which a segment ends: the unit that a page reads and checks.
	segmentRaw = 2 << 20
)

// Parts are a range's parts by dataset name.
type Parts map[string]*Part

// Of returns the part of a dataset, nil if it has no rows.
func (p Parts) Of(d defender.Dataset) *Part { return p[d.String()] }

// files lists the parts' files.
func (p Parts) files() (files []File) {
	for d := range defender.Dataset(defender.DatasetCount) {
		if part := p.Of(d); part != nil {
			files = append(files, part.File)
		}
	}
	return files
}

// Part is one gzip file of rows.
type Part struct {
	File
	Rows int64 `json:"rows"`
	Raw  int64 `json:"raw"`
	// Segments cut the part into runs of fragments, in order and without gaps, that can each be
	// read and checked alone.
	Segments []Fragment `json:"segments"`
}

// Fragment is a run of rows that were deflated separately, or several adjacent fragments: a
// device's, a segment, a part.
type Fragment struct {
	Rows int64  `json:"rows"`
	Size int64  `json:"size"`
	Raw  int64  `json:"raw"`
	CRC  uint32 `json:"crc"`
}

// deflated returns the fragment in the form of package gzipjoin.
func (f Fragment) deflated() gzipjoin.Fragment {
	return gzipjoin.Fragment{Raw: f.Raw, Size: f.Size, CRC: f.CRC}
}

// grow adds the fragment that follows f.
func (f *Fragment) grow(next Fragment) {
	all := f.deflated().Join(next.deflated())
	f.Rows, f.Size, f.Raw, f.CRC = f.Rows+next.Rows, all.Size, all.Raw, all.CRC
}

// join returns adjacent fragments as one.
func join(fragments []Fragment) Fragment {
	if len(fragments) == 0 {
		return Fragment{}
	}
	all := fragments[0]
	for _, f := range fragments[1:] {
		all.grow(f)
	}
	return all
}

// adds reports whether the part equals the sum of its segments.
func (p *Part) adds() bool {
	rows, raw, size := p.Rows, p.Raw, p.Bytes-gzipjoin.HeaderSize-gzipjoin.TrailerSize
	for _, s := range p.Segments {
		if s.Rows <= 0 || s.Raw <= 0 || s.Size <= 0 || s.Rows > rows || s.Raw > raw || s.Size > size {
			return false
		}
		rows, raw, size = rows-s.Rows, raw-s.Raw, size-s.Size
	}
	return len(p.Segments) > 0 && rows == 0 && raw == 0 && size == 0
}

// append encodes parts. For each dataset: the count of segments, 0 for no part; name and SHA-256;
// and of each segment rows, size, raw size and CRC-32. The sizes of the part follow from these.
// The first name is relative to like, each other to the name before it. Only the first datasets count,
// as many as the version of the file has.
func (p Parts) append(dst []byte, like string, datasets int) ([]byte, error) {
	for d := range defender.Dataset(datasets) {
		part := p.Of(d)
		if part == nil {
			dst = append(dst, 0)
			continue
		}
		if !part.adds() {
			return nil, fmt.Errorf("part %q: segments do not add up to their part", part.Path)
		}
		dst = packed.AppendNumbers(dst, int64(len(part.Segments)))
		dst = packed.AppendName(dst, part.Path, like)
		dst = append(dst, part.SHA256[:]...)
		for _, s := range part.Segments {
			dst = packed.AppendNumbers(dst, s.Rows, s.Size, s.Raw)
			dst = binary.LittleEndian.AppendUint32(dst, s.CRC)
		}
		like = part.Path
	}
	return dst, nil
}

// parts decodes what append has encoded.
func (r *decoder) parts(like string, datasets int) Parts {
	parts := Parts{}
	for d := range defender.Dataset(datasets) {
		n := r.Count(7)
		if n == 0 {
			continue
		}
		part := &Part{Segments: make([]Fragment, 0, n)}
		part.Path, part.SHA256 = r.Name(like), Digest(r.Bytes(len(Digest{})))
		for range n {
			part.Segments = append(part.Segments, r.segment())
		}
		if r.Err == nil {
			r.Err = part.sum()
		}
		parts[d.String()], like = part, part.Path
	}
	return parts
}

func (r *decoder) segment() (s Fragment) {
	r.Numbers(&s.Rows, &s.Size, &s.Raw)
	s.CRC = binary.LittleEndian.Uint32(r.Bytes(4))
	return s
}

// maxPart is the largest number of rows or bytes accepted for a part.
const maxPart = math.MaxInt64 >> 1

// sum sets the part's figures to the sums of its segments.
func (p *Part) sum() error {
	p.Bytes = gzipjoin.HeaderSize + gzipjoin.TrailerSize
	for _, s := range p.Segments {
		if min(s.Rows, s.Size, s.Raw) <= 0 || max(s.Rows, s.Size, s.Raw) > maxPart-max(p.Rows, p.Bytes, p.Raw) {
			return errors.New("bad segment")
		}
		p.Rows, p.Bytes, p.Raw = p.Rows+s.Rows, p.Bytes+s.Size, p.Raw+s.Raw
	}
	return nil
}

// partWriter writes one part. It makes the file when the first row comes: a part without rows does
// not exist.
type partWriter struct {
	batch    *Batch
	name     string
	file     *fileWriter
	segments []Fragment
}

// write appends compressed bytes; grow must be told what they contain.
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

// grow adds one fragment to the current segment, or begins the next.
func (p *partWriter) grow(f Fragment) {
	if n := len(p.segments); n > 0 && p.segments[n-1].Raw < segmentRaw {
		p.segments[n-1].grow(f)
		return
	}
	p.segments = append(p.segments, f)
}

// encode compresses rows into fragments, appends them and returns them; buf is memory to
// use.
func (p *partWriter) encode(enc *gzipjoin.Encoder, rows, buf []byte) (fragments []Fragment, _ []byte, err error) {
	if len(rows) > 0 && rows[len(rows)-1] != '\n' {
		return nil, buf, fmt.Errorf("writing %q: rows of %d bytes do not end with a line feed", p.name, len(rows))
	}
	for len(rows) > 0 {
		cut := fragmentEnd(rows)
		var deflated gzipjoin.Fragment
		if buf, deflated, err = enc.Append(buf[:0], rows[:cut]); err != nil {
			return nil, buf, err
		}
		if err := p.write(buf); err != nil {
			return nil, buf, err
		}
		f := Fragment{Rows: int64(bytes.Count(rows[:cut], newline)), Size: deflated.Size,
			Raw: deflated.Raw, CRC: deflated.CRC}
		p.grow(f)
		fragments = append(fragments, f)
		rows = rows[cut:]
	}
	return fragments, buf, nil
}

// fragmentEnd returns the end of the next fragment of rows: after the last line that fits, or
// after the first line if that alone is too long.
func fragmentEnd(rows []byte) int {
	if len(rows) <= fragmentRaw {
		return len(rows)
	}
	if i := bytes.LastIndexByte(rows[:fragmentRaw], '\n'); i >= 0 {
		return i + 1
	}
	return bytes.IndexByte(rows, '\n') + 1
}

// whole returns the part's segments as one fragment; zero without a part.
func (p *Part) whole() Fragment {
	if p == nil {
		return Fragment{}
	}
	return join(p.Segments)
}

// close ends the member and makes the part durable; nil if it has no rows.
func (p *partWriter) close() (*Part, error) {
	if p.file == nil {
		return nil, nil
	}
	part := &Part{Segments: p.segments}
	whole := part.whole()
	part.Rows, part.Raw = whole.Rows, whole.Raw
	if _, err := p.file.Write(gzipjoin.AppendTrailer(nil, whole.deflated())); err != nil {
		return nil, err
	}
	file, err := p.file.Close()
	part.File = file
	return part, err
}

// abort removes the unfinished file.
func (p *partWriter) abort() {
	if p.file != nil {
		p.file.abort()
	}
}
