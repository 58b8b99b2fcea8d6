package edge

import (
	"context"
	"errors"
	"fmt"
	"net/http"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/intel/bundle"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/parse"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/inventory/trust"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/odata"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/watch"
)

// Explain maps an error to what the client sees: contract.md, section 7. An error that it does
// not know is the server's own, and its text is not shown.
func Explain(err error) *Failure {
	var known *Failure
	if errors.As(err, &known) {
		return known
	}
	var part *reports.PartialError
	if errors.As(err, &part) {
		return partly(part)
	}
	var option *odata.Error
	if errors.As(err, &option) {
		return Refuse(http.StatusBadRequest, defender.CodeODataError, "%v", option)
	}
	var rule *auth.RuleError
	if errors.As(err, &rule) {
		return againstRule(rule)
	}
	if f := refuseBundle(err); f != nil {
		return f
	}
	var long *http.MaxBytesError
	var doubted *watch.DoubtError
	switch {
	case database.IsFull(err): // in the database, a file of a snapshot or of a feed
		f := Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 60,
			"the server's disk is full or cannot be written")
		f.cause = err
		return f
	case errors.Is(err, auth.ErrNoToken):
		return unauthorized("Bearer", err)
	case errors.Is(err, auth.ErrToken):
		return unauthorized(`Bearer error="invalid_token"`, err)
	case errors.Is(err, jwt.ErrUnavailable):
		f := Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 30, "%v", jwt.ErrUnavailable)
		f.cause = err
		return f
	case errors.As(err, &long):
		return Refuse(http.StatusRequestEntityTooLarge, "", "the body has more than %d bytes", long.Limit)
	case errors.Is(err, parse.ErrTooLarge):
		return Refuse(http.StatusRequestEntityTooLarge, "", "%v", err)
	case errors.Is(err, trust.ErrRefused):
		return Refuse(http.StatusForbidden, defender.CodeForbidden, "%v", err)
	case errors.Is(err, reports.ErrOtherClaims), errors.Is(err, rbac.ErrCostly):
		return Refuse(http.StatusConflict, "", "%v", err)
	case errors.Is(err, sbom.ErrNoDevice), errors.Is(err, xccdf.ErrNoDevice):
		return Refuse(http.StatusBadRequest, control.CodeDeviceNeeded, "%v", err)
	case errors.Is(err, errBody), errors.Is(err, reports.ErrNoGroup), errors.Is(err, parse.ErrInvalid),
		errors.Is(err, reports.ErrAmbiguousDevice), errors.Is(err, library.ErrFeedName),
		errors.Is(err, rbac.ErrInvalid):
		return Invalid("%v", err)
	case errors.Is(err, database.ErrExists), errors.Is(err, database.ErrTooMany),
		errors.Is(err, reports.ErrTooManySources):
		return Refuse(http.StatusConflict, "", "%v", err)
	case errors.As(err, &doubted):
		return refuseInDoubt(doubted)
	case errors.Is(err, library.ErrShrunk), errors.Is(err, library.ErrChanged), errors.Is(err, library.ErrNewer),
		errors.Is(err, feeds.ErrUnnamed):
		return refuseFeed(err)
	case errors.Is(err, database.ErrNotFound):
		return Refuse(http.StatusNotFound, defender.CodeResourceNotFound, "%v", err)
	case errors.Is(err, reports.ErrSaturated):
		return Busy(http.StatusTooManyRequests, defender.CodeTooManyRequests, 2, "%v", reports.ErrSaturated)
	case errors.Is(err, database.ErrUnavailable):
		return Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5, "%v; try again", database.ErrUnavailable)
	case errors.Is(err, publication.ErrLost), errors.Is(err, intelligence.ErrLost): // this node was paused, or cut off
		f := Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 20, "another node has taken over the work; try again")
		f.cause = err
		return f
	case errors.Is(err, database.ErrUnknown): // not to be repeated by a program
		return Refuse(http.StatusInternalServerError, defender.CodeInternalServerError, "%v", database.ErrUnknown)
	case errors.Is(err, reports.ErrClosed), errors.Is(err, context.Canceled), errors.Is(err, context.DeadlineExceeded):
		return Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5,
			"the server is stopping, or was too slow; try again")
	}
	return &Failure{
		Status: http.StatusInternalServerError, code: defender.CodeInternalServerError,
		message: "unexpected error; the server's log has it under the id in target", cause: err,
	}
}

// againstRule returns the Failure for a violated rule of access.
func againstRule(rule *auth.RuleError) *Failure {
	if rule.Forbidden {
		return Refuse(http.StatusForbidden, defender.CodeForbidden, "%v", rule)
	}
	return Invalid("%v", rule)
}

// refuseFeed returns the error of an import that looks like a mistake. Its code tells which.
func refuseFeed(err error) *Failure {
	switch {
	case errors.Is(err, library.ErrShrunk):
		return Refuse(http.StatusConflict, control.CodeFeedShrinks, "%v; allowShrink=true accepts it", err)
	case errors.Is(err, library.ErrChanged):
		return Refuse(http.StatusConflict, control.CodeFeedChanges, "%v; replace=true accepts it", err)
	case errors.Is(err, library.ErrNewer):
		return Refuse(http.StatusConflict, control.CodeFeedNewer, "%v", err)
	}
	return Refuse(http.StatusBadRequest, control.CodeFeedNameNeeded, "%v", err)
}

// refuseBundle returns the error of a bundle of feeds that is not imported, with a code that tells why; nil for other
// errors.
func refuseBundle(err error) *Failure {
	const format = "%v"
	switch {
	case errors.Is(err, library.ErrBundleOld):
		return Refuse(http.StatusConflict, control.CodeBundleOld, format, err)
	case errors.Is(err, bundle.ErrUnsigned):
		return Refuse(http.StatusConflict, control.CodeBundleUnsigned, format, err)
	case errors.Is(err, bundle.ErrUnknown):
		return Refuse(http.StatusConflict, control.CodeBundleKeyUnknown, format, err)
	case errors.Is(err, bundle.ErrTampered):
		return Refuse(http.StatusBadRequest, control.CodeBundleTampered, format, err)
	case errors.Is(err, bundle.ErrTruncated):
		return Refuse(http.StatusBadRequest, control.CodeBundleTruncated, format, err)
	case errors.Is(err, bundle.ErrTooLarge):
		return Refuse(http.StatusRequestEntityTooLarge, control.CodeBundleTooLarge, format, err)
	case errors.Is(err, bundle.ErrDuplicate):
		return Refuse(http.StatusBadRequest, control.CodeBundleDuplicate, format, err)
	case errors.Is(err, bundle.ErrName):
		return Refuse(http.StatusBadRequest, control.CodeBundleName, format, err)
	case errors.Is(err, bundle.ErrNewer):
		return Refuse(http.StatusConflict, control.CodeBundleNewer, format, err)
	case errors.Is(err, bundle.ErrInvalid):
		return Refuse(http.StatusBadRequest, control.CodeBundleInvalid, format, err)
	case errors.Is(err, bundle.ErrKey):
		return Invalid(format, err)
	}
	return nil
}

// refuseInDoubt returns the error of a request to publish while publishing is in doubt. Its code
// tells the reason.
func refuseInDoubt(found *watch.DoubtError) *Failure {
	const format = "%v; allowShrink=true publishes anyway"
	switch found.Reason {
	case clock.ClockAhead:
		return Refuse(http.StatusConflict, defender.CodeClockAhead, format, found)
	case clock.ClockBehind:
		return Refuse(http.StatusConflict, defender.CodeClockBehind, format, found)
	}
	return Refuse(http.StatusConflict, defender.CodeFleetShrinks, format, found)
}

// partly adds to a failure that the first part of the reports was stored.
func partly(part *reports.PartialError) *Failure {
	f := *Explain(part.Err)
	f.message = fmt.Sprintf("the first %d of %d reports are stored, the others are not (sending all of them again does no harm): %s",
		part.Stored, part.Reports, f.message)
	return &f
}

// FailedWork returns the error for managers whose request failed on the server, which otherwise
// only the server's log would have. The message begins with why.
func FailedWork(err error, why *Failure) error {
	if Explain(err).Status != http.StatusInternalServerError {
		return err
	}
	why.message += parse.Clip(err.Error(), 1000)
	why.cause = err
	return why
}
