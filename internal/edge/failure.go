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

// errBody: a body did not arrive completely, or does not match its Content-Encoding.
var errBody = errors.New("reading the body")

// Failure is an error as the client sees it.
type Failure struct {
	Status  int
	code    string
	message string
	// Retry is when to try again, in whole seconds; 0 sends no header.
	Retry int
	// challenge is the value of WWW-Authenticate; "" sends no header.
	challenge string
	// cause is the server's own error behind the failure, for the log only.
	cause error
	// unknown: the address does not exist.
	unknown bool
	// Quiet: the audit log already has enough of the same.
	Quiet bool
	// Limit names the limit of reports that was reached, for metrics; "" for others.
	Limit string
}

// Error returns the message.
func (f *Failure) Error() string { return f.message }

// Refuse returns the error of a request that is not served. If code is "" it is the name of the
// status.
func Refuse(status int, code, format string, args ...any) *Failure {
	if code == "" {
		code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	return &Failure{Status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// Reason returns the code and the message that the client is told.
func (f *Failure) Reason() (code, message string) { return f.code, f.message }

// Invalid returns the error of an invalid value in the request.
func Invalid(format string, args ...any) *Failure {
	return Refuse(http.StatusBadRequest, defender.CodeInvalidInput, format, args...)
}

// Missing returns the error of a missing parameter.
func Missing(name, form string) *Failure {
	return Refuse(http.StatusBadRequest, defender.CodeMissingRequiredParameter,
		"the parameter %s is required: %s", name, form)
}

// NotFound returns the error of something that does not exist.
func NotFound(format string, args ...any) *Failure {
	return Refuse(http.StatusNotFound, defender.CodeNotFound, format, args...)
}

// noAddress returns the error of a path that nothing is at.
func noAddress(path string) *Failure {
	f := NotFound("no such address: %q", Clip(path))
	f.unknown = true
	return f
}

// Busy returns the error of a server that is too busy for now.
func Busy(status int, code string, seconds int, format string, args ...any) *Failure {
	f := Refuse(status, code, format, args...)
	f.Retry = seconds
	return f
}

// TooMany returns the error of requests that exceed a rate, with the wait until the next may
// pass.
func TooMany(wait time.Duration, format string, args ...any) *Failure {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return Busy(http.StatusTooManyRequests, defender.CodeTooManyRequests, seconds,
		"%s: try again in %d s", fmt.Sprintf(format, args...), seconds)
}

// unauthorized returns the error of a request that needs a token, or another one (RFC 6750,
// section 3).
func unauthorized(challenge string, err error) *Failure {
	f := Refuse(http.StatusUnauthorized, defender.CodeUnauthorized, "%v", err)
	f.challenge = challenge
	return f
}

// write sends the failure as the reply: contract.md, section 7.
func (f *Failure) write(w *Response) {
	header := w.Header()
	for _, name := range []string{"Content-Encoding", "Accept-Ranges", "Etag", "Last-Modified", "Vary",
		"X-Ms-Blob-Type", "X-Ms-Creation-Time"} {
		header.Del(name) // left from the intended reply
	}
	if f.Retry > 0 {
		header.Set("Retry-After", strconv.Itoa(f.Retry))
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

// Clip shortens text from outside for messages and logs.
func Clip(text string) string { return parse.Clip(text, 100) }
