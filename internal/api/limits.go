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

// leftoverLimit is how long the rest of a body may take that no handler has
// read. The server reads it before it replies.
const leftoverLimit = 10 * time.Second

// awaitBody gives a sender stallLimit to begin with the body, or to send all of
// one that no patientReader reads.
func (w *response) awaitBody(r *http.Request) {
	if r.ContentLength != 0 {
		_ = w.control.SetReadDeadline(time.Now().Add(stallLimit)) // where there are no deadlines it does without
	}
}

// leaveBody gives what the handler has left leftoverLimit.
func (w *response) leaveBody(r *http.Request) {
	if r.ContentLength != 0 {
		_ = w.control.SetReadDeadline(time.Now().Add(leftoverLimit))
	}
}

// bodyCame takes all limits away: the server now watches the connection for the client's
// leaving, which must not fail.
func (w *response) bodyCame() { _ = w.control.SetReadDeadline(time.Time{}) }

// skipBody reads what a client sends with a GET, which means nothing (RFC 9110,
// section 9.3.1), so that nothing waits for it when a place is taken.
func skipBody(w *response, r *request) error {
	if r.ContentLength == 0 || r.Method != http.MethodGet && r.Method != http.MethodHead {
		return nil
	}
	_, err := readBody(w, r, maxObject)
	return err
}

// patientReader gives a sender stallLimit for every piece.
type patientReader struct {
	source io.Reader
	w      *response
}

// Read reads the next piece.
func (p *patientReader) Read(b []byte) (int, error) {
	_ = p.w.control.SetReadDeadline(time.Now().Add(stallLimit)) // as in awaitBody
	n, err := p.source.Read(b)
	if err == io.EOF {
		p.w.bodyCame()
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
