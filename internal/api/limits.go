package api

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"sync/atomic"
	"time"

	"github.com/klauspost/compress/gzip"
	"github.com/muster-project/muster/internal/store"
)

// bodyPiece is how much of the decoding budget is taken at a time, in bytes.
const bodyPiece = 64 << 10

// budget is an amount of bytes that many share. Nobody waits for it: what is
// not there now is refused.
type budget struct {
	limit int64
	taken atomic.Int64
}

// take takes n bytes, or tells that they are not there.
func (b *budget) take(n int64) bool {
	for {
		taken := b.taken.Load()
		if taken+n > b.limit {
			return false
		}
		if b.taken.CompareAndSwap(taken, taken+n) {
			return true
		}
	}
}

// errBody says that a body did not arrive whole, or is not what its
// Content-Encoding says.
var errBody = errors.New("reading the body")

// body is the body of a request, decompressed. It gives up on senders that
// stall, ends with an error after limit bytes, and takes what it reads from
// the server's decoding budget.
type body struct {
	source  io.Reader
	limit   int64
	budget  *budget
	granted int64 // of the budget
	read    int64
}

// openBody returns the body of a request with reports. The caller must call its
// release.
func (s *Server) openBody(w *response, r *request) (b *body, err error) {
	limited := http.MaxBytesReader(w, r.Body, s.MaxBody)
	b = &body{source: &patientReader{limited, w}, limit: s.MaxBody, budget: &s.decoding}
	switch coding := r.Header.Get("Content-Encoding"); coding {
	case "", "identity":
	case "gzip", "x-gzip":
		unpacked, err := gzip.NewReader(b.source)
		if err == io.EOF {
			err = io.ErrUnexpectedEOF // nothing at all is no gzip
		}
		if err != nil {
			return nil, bodyError(err)
		}
		b.source = gzipBody{unpacked}
	default:
		return nil, refuse(http.StatusUnsupportedMediaType, "", "Content-Encoding is %q, must be gzip or identity", clip(coding))
	}
	return b, nil
}

// release gives back what was taken of the budget.
func (b *body) release() {
	b.budget.taken.Add(-b.granted)
	b.granted = 0
}

// Read reads on, as far as limit and budget allow.
func (b *body) Read(p []byte) (int, error) {
	for b.granted < b.read+1 {
		if !b.budget.take(bodyPiece) {
			return 0, fmt.Errorf("taking in a report: %w", store.ErrSaturated)
		}
		b.granted += bodyPiece
	}
	if most := b.granted - b.read; int64(len(p)) > most {
		p = p[:most]
	}
	n, err := b.source.Read(p)
	if b.read += int64(n); b.read > b.limit {
		return n, refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes after decompression", b.limit)
	}
	return n, err
}

// patientReader gives a sender stallLimit for every piece, and no limit once
// all is there: the server then watches the connection for the client's
// leaving, which must not fail.
type patientReader struct {
	source io.Reader
	w      *response
}

// Read reads the next piece.
func (p *patientReader) Read(b []byte) (int, error) {
	_ = p.w.control.SetReadDeadline(time.Now().Add(stallLimit)) // where there are no deadlines it does without
	n, err := p.source.Read(b)
	if err != nil {
		_ = p.w.control.SetReadDeadline(time.Time{})
	}
	return n, bodyError(err)
}

// gzipBody names what is wrong with a compressed body.
type gzipBody struct{ *gzip.Reader }

// Read reads decompressed bytes.
func (g gzipBody) Read(p []byte) (int, error) {
	n, err := g.Reader.Read(p)
	return n, bodyError(err)
}

// bodyError marks what is wrong with a body; its end, and its limit, stay what
// they are.
func bodyError(err error) error {
	var long *http.MaxBytesError
	if err == nil || err == io.EOF || errors.As(err, &long) || errors.Is(err, errBody) {
		return err
	}
	return fmt.Errorf("%w: %w", errBody, err)
}
