package bucket

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/Azure/azure-sdk-for-go/sdk/azcore"
	"github.com/Azure/azure-sdk-for-go/sdk/azidentity"

	"github.com/muster-project/muster/internal/blob"
)

// kind is what an error of the service means.
type kind int

const (
	other    kind = iota
	missing       // there is no such object
	taken         // there is one, though there must be none
	changed       // it is not the version that was asked for
	denied        // the credentials are wrong or have not the right
	full          // there is no room
	passing       // it may work if it is tried again
	stranger      // the service cannot copy from there
)

// codes are those of both services, in lower case, whatever the status is. Others are judged by
// their status.
var codes = map[string]kind{
	"blobnotfound": missing, "nosuchkey": missing, "notfound": missing,
	"blobalreadyexists": taken,
	"nosuchbucket":      other, "containernotfound": other,
	"quotaexceeded": full, "insufficientstorage": full, "insufficientaccountresources": full,
	"xminiostoragefull": full, "xminioadminbucketquotaexceeded": full, "storagefull": full, "nospaceleft": full,
	"cannotverifycopysource": stranger,
	// Checks of the service that say that bytes were damaged on the way.
	"md5mismatch": passing, "crc64mismatch": passing, "baddigest": passing, "xamzcontentchecksummismatch": passing,
	"xamzcontentsha256mismatch": passing, "incompletebody": passing, "invaliddigest": passing,
	// It was completed and the reply lost, or another one removed it.
	"nosuchupload": passing,

	"slowdown": passing, "requesttimeout": passing, "internalerror": passing, "serverbusy": passing,
	"operationtimedout": passing, "conditionalrequestconflict": passing, "operationaborted": passing,
	"requesttimetooskewed": denied,
}

// reply is how the service answered.
type reply struct {
	status int
	code   string
}

// replyOf finds the answer of the service in an error.
func replyOf(err error) (r reply, ok bool) {
	var az *azcore.ResponseError
	if errors.As(err, &az) {
		return reply{az.StatusCode, az.ErrorCode}, true
	}
	var s3 interface {
		error
		HTTPStatusCode() int
	}
	if errors.As(err, &s3) { // 0 if there was no reply
		r.status = s3.HTTPStatusCode()
	}
	var api interface {
		error
		ErrorCode() string
	}
	if errors.As(err, &api) {
		r.code = api.ErrorCode()
	}
	return r, r.status != 0 || r.code != ""
}

// kindOf says what an error means. A missing container or an unknown host is no missing file.
func kindOf(err error) kind {
	var identity *azidentity.AuthenticationFailedError
	if errors.As(err, &identity) {
		return denied
	}
	r, ok := replyOf(err)
	if !ok {
		if isTransport(err) {
			return passing
		}
		return other
	}
	if k, ok := codes[strings.ToLower(r.code)]; ok {
		return k
	}
	switch {
	case r.status/100 == 2 && r.code == "": // its body was cut or makes no sense
		return passing
	case r.status == http.StatusPreconditionFailed:
		return changed
	case r.status == http.StatusUnauthorized, r.status == http.StatusForbidden:
		return denied
	case r.status == http.StatusInsufficientStorage:
		return full
	case r.status == http.StatusNotFound && r.code == "":
		return missing
	case slices.Contains([]int{http.StatusRequestTimeout, http.StatusTooManyRequests, http.StatusInternalServerError,
		http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout}, r.status):
		return passing
	}
	return other
}

// isTransport reports whether the answer of the service never came, or came in part. A certificate that is not believed
// now will not be in a minute.
func isTransport(err error) bool {
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return false
	}
	var request *url.Error
	var network net.Error
	return errors.As(err, &request) || errors.As(err, &network) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, errShort)
}

// errShort says that a body ended before its end.
var errShort = errors.New("the reply ended early")

// teller tells what went wrong at a place.
type teller struct {
	place   string
	secrets []string // that no error may contain
}

// explain makes an error of a request one of this package: it wraps what the contract says, says
// what the service said, and has neither URLs nor secrets.
func (s teller) explain(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if ended := ctx.Err(); ended != nil {
		return ended
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("%s: %w", s.place, errEnded(err))
	}
	if errors.Is(err, errReplaced) {
		return err
	}
	said := s.said(err)
	wrap := func(wrapped error, hint string) error {
		return fmt.Errorf("%s: %w (%s)%s", s.place, wrapped, said, hint)
	}
	switch kindOf(err) {
	case missing:
		return wrap(fs.ErrNotExist, "")
	case taken:
		return wrap(fs.ErrExist, "")
	case changed:
		return wrap(errReplaced, "")
	case denied:
		return wrap(fs.ErrPermission, "; check the credentials and rights of this node, and its clock")
	case full:
		return wrap(blob.ErrFull, "")
	case passing:
		return wrap(ErrUnreachable, "")
	case stranger:
		return wrap(errStranger, "")
	}
	return fmt.Errorf("%s: %s", s.place, said)
}

func errEnded(err error) error {
	if errors.Is(err, context.Canceled) {
		return context.Canceled
	}
	return context.DeadlineExceeded
}

// ErrUnreachable is wrapped if the service did not answer, or said that it cannot answer now, for
// as long as the store had patience.
var ErrUnreachable = errors.New("the store of files cannot be reached or is busy")

// errReplaced says that an object is not the one that was opened.
var errReplaced = errors.New("it was replaced or removed meanwhile")

// errStranger says that the service cannot read what it should copy.
var errStranger = errors.New("the source of the copy cannot be read by the service")

// isTaken makes the error of a condition that a name is unused wrap fs.ErrExist.
func (s teller) isTaken(err error) error {
	if errors.Is(err, errReplaced) {
		return fmt.Errorf("%s: %w", s.place, fs.ErrExist)
	}
	return err
}

// longest is how much of an error of a library is told, in bytes.
const longest = 300

// said is what the service or the network said.
func (s teller) said(err error) string {
	var identity *azidentity.AuthenticationFailedError
	if errors.As(err, &identity) {
		return s.short(identity.Error())
	}
	if r, ok := replyOf(err); ok && r.status/100 != 2 {
		return strings.TrimSpace(fmt.Sprintf("%d %s", r.status, r.code))
	}
	var request *url.Error // its text has the URL, and with it signatures
	if errors.As(err, &request) {
		err = request.Err
	}
	return s.short(err.Error())
}

// short is a text of a library as one line.
func (s teller) short(text string) string {
	text = strings.Join(strings.Fields(s.scrub(text)), " ")
	return strings.ToValidUTF8(text[:min(len(text), longest)], "")
}

// scrub removes the secrets from a text.
func (s teller) scrub(text string) string {
	for _, secret := range s.secrets {
		text = strings.ReplaceAll(text, secret, "…")
	}
	return text
}

// explainLocal makes an error of a full disk wrap blob.ErrFull.
func explainLocal(err error) error {
	if err == nil || errors.Is(err, blob.ErrFull) || !blob.IsFull(err) {
		return err
	}
	return fmt.Errorf("%w: %w", blob.ErrFull, err)
}
