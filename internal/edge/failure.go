package edge

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// errBody says that a body did not arrive whole, or is not what its
// Content-Encoding says.
var errBody = errors.New("reading the body")

// Failure is an error as a client gets to see it.
type Failure struct {
	Status  int
	code    string
	message string
	// retry is when to try again, in whole seconds; 0 says nothing.
	retry int
	// challenge is what WWW-Authenticate says; empty says nothing.
	challenge string
	// cause is the server's own trouble behind the failure, for the log alone.
	cause error
	// Quiet says that the audit log has had enough of the same.
	Quiet bool
	// Limit is that of reports which was reached, for metrics; empty for others.
	Limit string
}

// Error returns the message.
func (f *Failure) Error() string { return f.message }

// Refuse makes the error of a request that is not served. An empty code stands
// for the name of the status.
func Refuse(status int, code, format string, args ...any) *Failure {
	if code == "" {
		code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	return &Failure{Status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// Invalid says that a value in the request is not acceptable.
func Invalid(format string, args ...any) *Failure {
	return Refuse(http.StatusBadRequest, defender.CodeInvalidInput, format, args...)
}

// Missing says that a parameter is needed.
func Missing(name, form string) *Failure {
	return Refuse(http.StatusBadRequest, defender.CodeMissingRequiredParameter, "the parameter %s is needed: %s", name, form)
}

// NotFound says that there is no such thing.
func NotFound(format string, args ...any) *Failure {
	return Refuse(http.StatusNotFound, defender.CodeNotFound, format, args...)
}

// Busy says that there is too much to do at the moment.
func Busy(status int, code string, seconds int, format string, args ...any) *Failure {
	f := Refuse(status, code, format, args...)
	f.retry = seconds
	return f
}

// TooMany is the refusal of requests that come too fast, with the time after
// which the next may pass.
func TooMany(wait time.Duration, format string, args ...any) *Failure {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return Busy(http.StatusTooManyRequests, defender.CodeTooManyRequests, seconds,
		"%s: try again in %d s", fmt.Sprintf(format, args...), seconds)
}

// unauthorized says that a request needs a token, or another one (RFC 6750,
// section 3).
func unauthorized(challenge string, err error) *Failure {
	f := Refuse(http.StatusUnauthorized, defender.CodeUnauthorized, "%v", err)
	f.challenge = challenge
	return f
}

// write replies with the failure: contract.md, section 7.
func (f *Failure) write(w *Response) {
	header := w.Header()
	for _, name := range []string{"Content-Encoding", "Accept-Ranges", "Etag", "Last-Modified", "Vary", "X-Ms-Blob-Type", "X-Ms-Creation-Time"} {
		header.Del(name) // of the reply that was meant
	}
	if f.retry > 0 {
		header.Set("Retry-After", strconv.Itoa(f.retry))
	}
	if f.challenge != "" {
		header.Set("Www-Authenticate", f.challenge)
	}
	body := defender.ErrorBody{Error: defender.Error{Code: f.code, Message: f.message, Target: w.ID}}
	text, err := json.Marshal(body)
	if err == nil {
		err = w.Body(f.Status, append(text, '\n'))
	}
	w.torn = err != nil
}

// Clip cuts text from outside to a length that is fit for messages and logs.
func Clip(text string) string { return parse.Clip(text, 100) }
