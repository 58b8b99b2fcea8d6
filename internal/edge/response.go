package edge

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/muster-project/muster/internal/auth"
)

// statusClientLeft is the status in metrics of requests whose client left.
const statusClientLeft = 499

const (
	// StallLimit is how long a client may take for the next piece of a body, in either
	// direction, before its connection is cut.
	StallLimit = 2 * time.Minute
	// sendPiece is how much of a file is sent under one StallLimit, in bytes.
	sendPiece = 64 << 10
	// leftoverLimit is how long the rest of a body may take that no handler has read, and
	// leftoverPause how long its next piece. maxLeftover is how much of it is read, in bytes.
	leftoverLimit = 10 * time.Second
	leftoverPause = 2 * time.Second
	maxLeftover   = 256 << 20
)

// Response is the reply to a request. It records what was sent, and cuts off clients that stall.
type Response struct {
	http.ResponseWriter
	control *http.ResponseController
	// ID identifies the request in the reply's headers, in error bodies and in logs.
	ID     string
	route  string
	status int
	Rows   int64
	// begun: the status was sent. torn: the reply cannot be completed.
	begun, torn bool
	// account is what the audit log records.
	account account

	// sent is the number of bytes of the body so far, sending: the client is waited for, cut: no
	// longer. A gate reads and sets them.
	sent         atomic.Int64
	sending, cut atomic.Bool
}

// account is what the audit log records of a request.
type account struct {
	// caller is the caller; without an organization if it is not known.
	caller auth.Caller
	// details are added by the handler.
	details []slog.Attr
	// quiet: the request repeats a recorded one, and is only counted.
	quiet bool
	// event is the name of the request; "" for the usual one.
	event string
	// recorded: the request is recorded even without a known caller. silent: it is recorded only
	// if it fails.
	recorded, silent bool
	// changes: the operation changes data or access.
	changes bool
	// cause is the server's own error behind a failure.
	cause error
}

func newResponse(w http.ResponseWriter, id string) *Response {
	header := w.Header()
	header.Set("X-Request-Id", id)
	header.Set("X-Ms-Request-Id", id)
	out := &Response{ResponseWriter: w, control: http.NewResponseController(w), ID: id, route: "none"}
	out.extend() // the deadline of the previous reply no longer applies
	return out
}

// WriteHeader sends the status, once.
func (w *Response) WriteHeader(status int) {
	if w.begun {
		return
	}
	if status >= 200 {
		w.begun, w.status = true, status
	}
	w.extend()
	w.ResponseWriter.WriteHeader(status)
}

// Write sends bytes.
func (w *Response) Write(p []byte) (int, error) {
	w.WriteHeader(http.StatusOK)
	w.extend()
	w.sending.Store(true)
	n, err := w.ResponseWriter.Write(p)
	w.sending.Store(false)
	w.sent.Add(int64(n))
	return n, err
}

// ReadFrom sends src piece by piece, so that the system's sendfile is used and every piece has its
// own deadline.
func (w *Response) ReadFrom(src io.Reader) (total int64, err error) {
	w.WriteHeader(http.StatusOK)
	left := int64(-1) // unlimited
	if limited, ok := src.(*io.LimitedReader); ok {
		src, left = limited.R, limited.N
		defer func() { limited.N -= total }()
	}
	for left != 0 {
		piece := int64(sendPiece)
		if left > 0 {
			piece = min(piece, left)
		}
		w.extend()
		w.sending.Store(true)
		n, err := io.Copy(w.ResponseWriter, &io.LimitedReader{R: src, N: piece})
		w.sending.Store(false)
		total += n
		w.sent.Add(n)
		if err != nil || n < piece {
			return total, err
		}
		if left > 0 {
			left -= n
		}
	}
	return total, nil
}

// extend gives the client StallLimit from now for the next piece. Writers without deadlines are
// not limited.
func (w *Response) extend() {
	_ = w.control.SetWriteDeadline(time.Now().Add(StallLimit))
	if w.cut.Load() {
		w.giveUp() // giveUp was called meanwhile
	}
}

// Flush sends what was written so far, if the connection can.
func (w *Response) Flush() { _ = w.control.Flush() }

// giveUp ends the reply, whatever its client does. It is called by others than the writer of the
// reply.
func (w *Response) giveUp() {
	w.cut.Store(true)
	_ = w.control.SetWriteDeadline(time.Unix(1, 0))
}

// Taker is an http.ResponseWriter of this process that may take the value of a reply as it is.
type Taker interface {
	http.ResponseWriter
	// Take takes a value, which is only read; false if it wants JSON.
	Take(value any) bool
}

// JSON replies with a value.
func (w *Response) JSON(status int, value any) error {
	if t, ok := w.ResponseWriter.(Taker); ok && status < http.StatusMultipleChoices && t.Take(value) {
		w.WriteHeader(status)
		return nil
	}
	body, err := json.Marshal(value)
	if err != nil {
		return fmt.Errorf("writing a reply: %w", err)
	}
	return w.Body(status, append(body, '\n'))
}

// Body replies with JSON.
func (w *Response) Body(status int, body []byte) error {
	return w.Send(status, JSONType, body)
}

// Send replies with a body of any type.
func (w *Response) Send(status int, contentType string, body []byte) error {
	header := w.Header()
	header.Set("Content-Type", contentType)
	header.Set("Cache-Control", "no-store")
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	_, err := w.Write(body)
	return err
}

const JSONType = "application/json; charset=utf-8"

// Identify sets the caller if no token identifies it.
func (w *Response) Identify(c auth.Caller) { w.account.caller = c }

// Begun tells whether a part of the reply was sent.
func (w *Response) Begun() bool { return w.begun }

// Note adds details to the request's line in the audit log. They must not contain a secret, token
// or signature.
func (w *Response) Note(details ...slog.Attr) {
	w.account.details = append(w.account.details, details...)
}

// awaitBody gives a sender StallLimit to begin the body, or to send all of a body that no
// patientReader reads.
func (w *Response) awaitBody(r *http.Request) {
	if r.ContentLength != 0 {
		w.ReadUntil(time.Now().Add(StallLimit))
	}
}

// leaveBody sends the reply, and then reads what is left of the body, within bounds. A client that
// sends all of a body before it reads would get a broken pipe in place of a refusal: what it sends
// to a closed connection makes its system throw the reply away. HTTP/2 ends one direction of a
// request without the other, and needs none of this.
func (w *Response) leaveBody(r *http.Request) {
	if r.ContentLength == 0 {
		return
	}
	end := time.Now().Add(leftoverLimit)
	w.ReadUntil(end)
	if r.ProtoMajor > 1 || w.torn || !w.begun {
		return
	}
	w.Flush()
	piece := make([]byte, leftoverPiece)
	for left := int64(maxLeftover); left > 0; {
		w.ReadUntil(earlier(end, time.Now().Add(leftoverPause)))
		n, err := r.Body.Read(piece)
		if left -= int64(n); err != nil {
			return
		}
	}
}

// leftoverPiece is how much of the rest of a body is read at once, in bytes.
const leftoverPiece = 32 << 10

func earlier(a, b time.Time) time.Time {
	if a.Before(b) {
		return a
	}
	return b
}

// BodyCame removes all limits: the server now watches the connection for the client's leaving,
// which must not fail.
func (w *Response) BodyCame() { w.ReadUntil(time.Time{}) }

// ReadUntil sets the deadline for the client's next piece of the body, if the connection has
// deadlines.
func (w *Response) ReadUntil(deadline time.Time) { _ = w.control.SetReadDeadline(deadline) }
