package api

import (
	"errors"
	"io"
	"net/http"
	"time"
)

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

// isTooLong tells whether an error says that a body has more bytes than it may.
func isTooLong(err error) bool {
	var long *http.MaxBytesError
	return errors.As(err, &long)
}
