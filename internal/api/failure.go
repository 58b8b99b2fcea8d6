package api

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
)

// errBody says that a body did not arrive whole, or is not what its
// Content-Encoding says.
var errBody = errors.New("reading the body")

// failure is an error as a client gets to see it.
type failure struct {
	status  int
	code    string
	message string
	// retry is when to try again, in whole seconds; 0 says nothing.
	retry int
	// challenge is what WWW-Authenticate says; empty says nothing.
	challenge string
	// cause is the server's own trouble behind the failure, for the log alone.
	cause error
	// quiet says that the audit log has had enough of the same.
	quiet bool
	// limit is that of reports which was reached, for metrics; empty for others.
	limit string
}

// Error returns the message.
func (f *failure) Error() string { return f.message }

// refuse makes the error of a request that is not served. An empty code stands
// for the name of the status.
func refuse(status int, code, format string, args ...any) *failure {
	if code == "" {
		code = strings.ReplaceAll(http.StatusText(status), " ", "")
	}
	return &failure{status: status, code: code, message: fmt.Sprintf(format, args...)}
}

// invalid says that a value in the request is not acceptable.
func invalid(format string, args ...any) *failure {
	return refuse(http.StatusBadRequest, defender.CodeInvalidInput, format, args...)
}

// missing says that a parameter is needed.
func missing(name, form string) *failure {
	return refuse(http.StatusBadRequest, defender.CodeMissingRequiredParameter, "the parameter %s is needed: %s", name, form)
}

// notFound says that there is no such thing.
func notFound(format string, args ...any) *failure {
	return refuse(http.StatusNotFound, defender.CodeNotFound, format, args...)
}

// busy says that there is too much to do at the moment.
func busy(status int, code string, seconds int, format string, args ...any) *failure {
	f := refuse(status, code, format, args...)
	f.retry = seconds
	return f
}

// tooMany is the refusal of requests that come too fast, with the time after
// which the next may pass.
func tooMany(wait time.Duration, format string, args ...any) *failure {
	seconds := max(1, int(math.Ceil(wait.Seconds())))
	return busy(http.StatusTooManyRequests, defender.CodeTooManyRequests, seconds,
		"%s: try again in %d s", fmt.Sprintf(format, args...), seconds)
}

// unauthorized says that a request needs a token, or another one (RFC 6750,
// section 3).
func unauthorized(challenge string, err error) *failure {
	f := refuse(http.StatusUnauthorized, defender.CodeUnauthorized, "%v", err)
	f.challenge = challenge
	return f
}

// write replies with the failure: contract.md, section 7.
func (f *failure) write(w *response) {
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
	body := defender.ErrorBody{Error: defender.Error{Code: f.code, Message: f.message, Target: w.id}}
	text, err := json.Marshal(body)
	if err == nil {
		err = w.body(f.status, append(text, '\n'))
	}
	w.torn = err != nil
}

// clip cuts text from outside to a length that is fit for messages and logs.
func clip(text string) string { return clipTo(text, 100) }

// clipTo cuts text to so many bytes.
func clipTo(text string, longest int) string {
	if len(text) > longest {
		return strings.ToValidUTF8(text[:longest], "") + "…"
	}
	return text
}
