package control

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/defender"
)

// The codes of errors that only calls below /v1 have; the others are those of
// package defender. What a client does about an error depends on its status and
// its code, never on its text.
const (
	// CodeDeviceNeeded: a document does not say which device it is of.
	CodeDeviceNeeded = "DeviceNeeded"
	// CodeFeedShrinks: a feed has lost more than half of its records.
	CodeFeedShrinks = "FeedShrinks"
	// CodeLastManager: nobody would be left who manages the organization.
	CodeLastManager = "LastManager"
	// CodeSnapshotDamaged: the newest snapshot cannot be merged from.
	CodeSnapshotDamaged = "SnapshotDamaged"
)

// The codes of token calls (RFC 6749, section 5.2) that say that a client is
// not, or not any more, one of the server's.
const (
	codeInvalidClient      = "invalid_client"
	codeUnauthorizedClient = "unauthorized_client"
)

// Errors that callers tell apart, beside *Error.
var (
	// ErrNoAnswer says that a server could not be reached, or broke off.
	ErrNoAnswer = errors.New("no answer")
	// ErrLogin says that a server gave no token.
	ErrLogin = errors.New("logging in")
)

// Error is a reply that tells of an error: contract.md, section 7.
type Error struct {
	Status int
	// Code, Message and Target are those of the body; empty where it is none of
	// ours, as that of a proxy.
	Code, Message, Target string
	// RetryAfter is when to try again, 0 if the reply does not say.
	RetryAfter time.Duration
}

// Error says what the server said.
func (e *Error) Error() string {
	if e.Message == "" {
		return fmt.Sprintf("the server replied %d %s", e.Status, http.StatusText(e.Status))
	}
	return e.Message
}

// Busy tells whether the same request may work later.
func (e *Error) Busy() bool {
	return e.Status == http.StatusTooManyRequests || e.Status == http.StatusServiceUnavailable
}

// Unreachable tells whether the server is busy, or not there behind a proxy.
func (e *Error) Unreachable() bool {
	return e.Busy() || e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout
}

// InDoubt tells whether nothing is published at present.
func (e *Error) InDoubt() bool {
	switch e.Code {
	case defender.CodeClockAhead, defender.CodeClockBehind, defender.CodeFleetShrinks:
		return true
	}
	return false
}

// Refused tells whether the request is at fault.
func (e *Error) Refused() bool {
	return e.Status >= 400 && e.Status < 500 && !e.InDoubt() && !e.Busy()
}

// HasCode tells whether an error is a reply with a code.
func HasCode(err error, code string) bool {
	var reply *Error
	return errors.As(err, &reply) && reply.Code == code
}

// IsShutOut tells whether a server gives a client no tokens any more, because it
// is not, or not any more, one of its own.
func IsShutOut(err error) bool {
	return errors.Is(err, ErrLogin) && (HasCode(err, codeInvalidClient) || HasCode(err, codeUnauthorizedClient))
}

// maxError bounds the body of an error, in bytes.
const maxError = 64 << 10

// readError reads the body of an error, of the API or of its token call; one
// that has none of ours is told by its status.
func readError(response *http.Response) *Error {
	failed := &Error{Status: response.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxError)) // what is cut off is no JSON
	var told defender.ErrorBody
	var noToken struct { // contract.md, section 6
		Code    string `json:"error"`
		Message string `json:"error_description"`
	}
	if json.Unmarshal(text, &told) == nil {
		failed.Code, failed.Message, failed.Target = told.Error.Code, told.Error.Message, told.Error.Target
	} else if json.Unmarshal(text, &noToken) == nil {
		failed.Code = noToken.Code
		failed.Message, _, _ = strings.Cut(noToken.Message, "\r\n")
	}
	if seconds, err := strconv.Atoi(response.Header.Get("Retry-After")); err == nil && seconds > 0 {
		failed.RetryAfter = time.Duration(min(seconds, math.MaxInt32)) * time.Second
	}
	return failed
}
