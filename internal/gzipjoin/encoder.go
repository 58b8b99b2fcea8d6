package gzipjoin

import (
	"fmt"
	"hash/crc32"

	"github.com/klauspost/compress/flate"
)

// level is the deflate level of stored fragments (design.md, section 5).
const level = 3

// Encoder makes fragments. It keeps its tables between calls and is not safe for concurrent use.
type Encoder struct {
	flate *flate.Writer
	out   buffer
}

// NewEncoder returns an Encoder. It holds about 1.2 MB, so reuse it.
func NewEncoder() *Encoder {
	w, _ := flate.NewWriter(nil, level) // only fails for an invalid level
	return &Encoder{flate: w}
}

// Append deflates raw, appends the result to dst, and describes it. The appended bytes depend only
// on raw. An empty raw makes no fragment: dst is returned unchanged, with the zero Fragment.
//
// On an error, which writing to memory does not cause, dst is returned unchanged.
func (e *Encoder) Append(dst, raw []byte) ([]byte, Fragment, error) {
	if len(raw) == 0 {
		return dst, Fragment{}, nil
	}
	e.out = dst
	defer func() { e.out = nil }()
	e.flate.Reset(&e.out)
	if _, err := e.flate.Write(raw); err != nil {
		return dst, Fragment{}, fmt.Errorf("deflating %d bytes: %w", len(raw), err)
	}
	if err := e.flate.Flush(); err != nil {
		return dst, Fragment{}, fmt.Errorf("flushing %d bytes: %w", len(raw), err)
	}
	return e.out, Fragment{
		Raw:  int64(len(raw)),
		Size: int64(len(e.out) - len(dst)),
		CRC:  crc32.ChecksumIEEE(raw),
	}, nil
}

// buffer is a byte slice that grows when written to.
type buffer []byte

func (b *buffer) Write(p []byte) (int, error) {
	*b = append(*b, p...)
	return len(p), nil
}
