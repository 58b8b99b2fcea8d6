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

// statusClientLeft is what metrics show where nobody waits for the reply any
// more.
const statusClientLeft = 499

const (
	// StallLimit is how long a client may take for the next piece of a body, in
	// either direction, before it is given up.
	StallLimit = 2 * time.Minute
	// sendPiece is how much of a file is sent under one StallLimit, in bytes.
	sendPiece = 64 << 10
	// leftoverLimit is how long the rest of a body may take that no handler has
	// read. The server reads it before it replies.
	leftoverLimit = 10 * time.Second
)

// Response is a reply on its way. It remembers what was sent, and gives up on
// clients that stall.
type Response struct {
	http.ResponseWriter
	control *http.ResponseController
	// ID names the request in the reply's headers, in error bodies and in logs.
	ID     string
	route  string
	status int
	Rows   int64
	// begun says that the status is on its way, torn that the reply cannot be
	// completed.
	begun, torn bool
	// account is what the audit log is to say.
	account account

	// sent is the bytes of the body so far, sending says that the client is
	// waited for, and cut that no more. A gate reads and sets them.
	sent         atomic.Int64
	sending, cut atomic.Bool
}

// account is what the audit log is to say of a request.
type account struct {
	// caller is who asks; without an organization where that is not known.
	caller auth.Caller
	// details are what the handler has to add.
	details []slog.Attr
	// quiet says that the request repeats one that is recorded: it is counted.
	quiet bool
	// event is what the request is called; empty for the usual.
	event string
	// recorded says that it is recorded though nobody is known to ask, silent
	// that it is only if it fails.
	recorded, silent bool
	// changes says that the operation changes what there is, or who has access.
	changes bool
	// cause is the server's own trouble behind a failure.
	cause error
}

func newResponse(w http.ResponseWriter, id string) *Response {
	header := w.Header()
	header.Set("X-Request-Id", id)
	header.Set("X-Ms-Request-Id", id)
	out := &Response{ResponseWriter: w, control: http.NewResponseController(w), ID: id, route: "none"}
	out.extend() // what is left of the reply before counts no more
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

// ReadFrom sends what src has, piece by piece, so that the system's way of
// sending files is used and every piece has its own time.
func (w *Response) ReadFrom(src io.Reader) (total int64, err error) {
	w.WriteHeader(http.StatusOK)
	left := int64(-1) // no end is known
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

// extend gives the client StallLimit from now for the next piece. A writer
// that knows no deadlines does without.
func (w *Response) extend() {
	_ = w.control.SetWriteDeadline(time.Now().Add(StallLimit))
	if w.cut.Load() {
		w.giveUp() // it was given up meanwhile
	}
}

// giveUp ends the reply, whatever its client does. It is for others than those
// who write it.
func (w *Response) giveUp() {
	w.cut.Store(true)
	_ = w.control.SetWriteDeadline(time.Unix(1, 0))
}

// JSON replies with a value.
func (w *Response) JSON(status int, value any) error {
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

// Identify says who asks, where no token does.
func (w *Response) Identify(c auth.Caller) { w.account.caller = c }

// Note adds to the line that the audit log gets of this request. No secret,
// token or signature may be in it.
func (w *Response) Note(details ...slog.Attr) {
	w.account.details = append(w.account.details, details...)
}

// awaitBody gives a sender StallLimit to begin with the body, or to send all of
// one that no patientReader reads.
func (w *Response) awaitBody(r *http.Request) {
	if r.ContentLength != 0 {
		w.ReadUntil(time.Now().Add(StallLimit))
	}
}

// leaveBody gives what the handler has left leftoverLimit.
func (w *Response) leaveBody(r *http.Request) {
	if r.ContentLength != 0 {
		w.ReadUntil(time.Now().Add(leftoverLimit))
	}
}

// BodyCame takes all limits away: the server now watches the connection for the client's
// leaving, which must not fail.
func (w *Response) BodyCame() { w.ReadUntil(time.Time{}) }

// ReadUntil says until when the client may send the next of its body. Where there
// are no deadlines it does without.
func (w *Response) ReadUntil(deadline time.Time) { _ = w.control.SetReadDeadline(deadline) }
