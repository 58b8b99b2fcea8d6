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

// The codes of errors that only calls below /v1 have; the others are in package defender.
// What a client does about an error depends on its status and code, never on its text.
const (
	// Why a bundle of feeds is refused: it is none, has no signature, is signed by another key, was changed, is cut off or
	// too large, has two of one name or a name that is not allowed, is of a newer program, or old.
	CodeBundleInvalid    = "BundleInvalid"
	CodeBundleUnsigned   = "BundleUnsigned"
	CodeBundleKeyUnknown = "BundleKeyUnknown"
	CodeBundleTampered   = "BundleTampered"
	CodeBundleTruncated  = "BundleTruncated"
	CodeBundleTooLarge   = "BundleTooLarge"
	CodeBundleDuplicate  = "BundleDuplicate"
	CodeBundleName       = "BundleName"
	CodeBundleNewer      = "BundleNewer"
	CodeBundleOld        = "BundleOld"
	// CodeDeviceNeeded: a document does not name its device.
	CodeDeviceNeeded = "DeviceNeeded"
	// CodeFeedChanges: the records of a feed are about something else than before.
	CodeFeedChanges = "FeedChanges"
	// CodeFeedNameNeeded: the records do not say what their feed is called.
	CodeFeedNameNeeded = "FeedNameNeeded"
	// CodeFeedNewer: a feed of that name was imported meanwhile.
	CodeFeedNewer = "FeedNewer"
	// CodeFeedShrinks: a feed has lost more than half of its records.
	CodeFeedShrinks = "FeedShrinks"
	// CodeLastManager: no client would be left that manages the organization.
	CodeLastManager = "LastManager"
	// CodeSnapshotDamaged: the newest snapshot cannot be merged from.
	CodeSnapshotDamaged = "SnapshotDamaged"
)

// The codes of token calls (RFC 6749, section 5.2) for a client that the server does not know,
// or no longer.
const (
	codeInvalidClient      = "invalid_client"
	codeUnauthorizedClient = "unauthorized_client"
)

// Errors that callers distinguish, besides *Error.
var (
	// ErrNoAnswer: the server could not be reached, or the connection broke.
	ErrNoAnswer = errors.New("no answer")
	// ErrLogin: the server gave no token.
	ErrLogin = errors.New("logging in")
)

// Error is a reply with an error: contract.md, section 7.
type Error struct {
	Status int
	// Code, Message and Target are those of the body; "" if the body is not from muster, but
	// for example from a proxy.
	Code, Message, Target string
	// RetryAfter is when to try again, 0 if the reply does not say.
	RetryAfter time.Duration
}

// Error returns the server's message.
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

// Unreachable tells whether the server is busy, or a proxy could not reach it.
func (e *Error) Unreachable() bool {
	return e.Busy() || e.Status == http.StatusBadGateway || e.Status == http.StatusGatewayTimeout
}

// InDoubt tells whether publishing is stopped by a doubt.
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

// IsShutOut tells whether a server refuses tokens to a client because it does not know the
// client, or no longer.
func IsShutOut(err error) bool {
	return errors.Is(err, ErrLogin) && (HasCode(err, codeInvalidClient) || HasCode(err, codeUnauthorizedClient))
}

// maxError is the largest body of an error that is read, in bytes.
const maxError = 64 << 10

// readError reads the body of an error, of the API or of its token call. If the body is not
// from muster, the Error has only the status.
func readError(response *http.Response) *Error {
	failed := &Error{Status: response.StatusCode}
	text, _ := io.ReadAll(io.LimitReader(response.Body, maxError)) // what is cut off is not JSON
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
