package api

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/store"
)

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

// unauthorized says that a request needs a token, or another one (RFC 6750,
// section 3).
func unauthorized(challenge string, err error) *failure {
	f := refuse(http.StatusUnauthorized, defender.CodeUnauthorized, "%v", err)
	f.challenge = challenge
	return f
}

// explain maps an error to what the client gets to see: contract.md, section 7.
// What it does not know is the server's own fault, and its text stays here.
func explain(err error) *failure {
	var known *failure
	if errors.As(err, &known) {
		return known
	}
	var part *store.PartialError
	if errors.As(err, &part) {
		return partly(part)
	}
	var long *http.MaxBytesError
	var doubted *generation.DoubtError
	switch {
	case store.IsFull(err): // whoever met it: the database, a file of a snapshot or of a feed
		f := busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 60, "there is no space left on the server's disk, or it cannot be written")
		f.cause = err
		return f
	case errors.Is(err, auth.ErrNoToken):
		return unauthorized("Bearer", err)
	case errors.Is(err, auth.ErrToken):
		return unauthorized(`Bearer error="invalid_token"`, err)
	case errors.Is(err, auth.ErrUnavailable):
		f := busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 30, "%v", auth.ErrUnavailable)
		f.cause = err
		return f
	case errors.As(err, &long):
		return refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes", long.Limit)
	case errors.Is(err, parse.ErrTooLarge):
		return refuse(http.StatusRequestEntityTooLarge, "", "%v", err)
	case errors.Is(err, trust.ErrRefused):
		return refuse(http.StatusForbidden, defender.CodeForbidden, "%v", err)
	case errors.Is(err, store.ErrOtherClaims), errors.Is(err, rbac.ErrCostly):
		return refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, errBody), errors.Is(err, store.ErrNoGroup), errors.Is(err, parse.ErrInvalid), errors.Is(err, store.ErrAmbiguousDevice), errors.Is(err, library.ErrFeedName),
		errors.Is(err, rbac.ErrInvalid):
		return invalid("%v", err)
	case errors.Is(err, store.ErrExists), errors.Is(err, store.ErrTooMany), errors.Is(err, store.ErrTooManySources):
		return refuse(http.StatusConflict, "", "%v", err)
	case errors.As(err, &doubted):
		return refuseInDoubt(doubted)
	case errors.Is(err, library.ErrShrunk):
		return refuse(http.StatusConflict, "", "%v; allowShrink=true takes it all the same", err)
	case errors.Is(err, store.ErrNotFound):
		return refuse(http.StatusNotFound, defender.CodeResourceNotFound, "%v", err)
	case errors.Is(err, store.ErrSaturated):
		return busy(http.StatusTooManyRequests, defender.CodeTooManyRequests, 2, "%v", store.ErrSaturated)
	case errors.Is(err, store.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5, "the server is stopping, or was too slow; try again")
	}
	return &failure{
		status: http.StatusInternalServerError, code: defender.CodeInternalServerError,
		message: "an unexpected error happened; the server's log has it under the id in target", cause: err,
	}
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
