package bucket

import (
	"context"
	"errors"
	"io"
	"strconv"
	"strings"
	"time"
)

// dialect speaks with a service. It has all that differs between them. Names are whole keys, as the
// store has them. Errors are those of the service's client, and kindOf tells what they mean.
type dialect interface {
	// list returns a page of the names below a prefix, most of them at most, and the token of the
	// next page, or "" if there is none. With a delimiter, names end behind the first one that
	// follows the prefix. The token of the first page is "".
	list(ctx context.Context, prefix, delimiter, token string, most int32) (names []string, next string, err error)
	// head returns the version of an object.
	head(ctx context.Context, name string) (version, error)
	// get reads bytes of a version from an offset on. size is that of the whole object.
	get(ctx context.Context, name, etag string, at, bytes int64) (body io.ReadCloser, size int64, err error)
	// put makes an object of v.bytes bytes of a file, with v's metadata; only under an unused name
	// if unused. It asks the service to check what it gets. Nothing of it is seen before all is there.
	put(ctx context.Context, name string, v version, file io.ReaderAt, unused bool) error
	// remove removes an object. For one that is not there, some services have an error.
	remove(ctx context.Context, name string) error
	// copy makes the service copy an object to an unused name.
	copy(ctx context.Context, from, name string) error
	// sign returns a URL for reading an object until a time.
	sign(ctx context.Context, name string, expires time.Time) (string, error)
	// sweep removes uploads below a prefix that were begun before a time and never ended.
	sweep(ctx context.Context, prefix string, before time.Time) (int, error)
}

// ErrCannotSign is wrapped if no link can be signed: with these credentials, for so long, or for
// such a name.
var ErrCannotSign = errors.New("no link of the service can be signed")

const (
	// blockSize is how much is uploaded by one request, in bytes.
	blockSize = 8 << 20
	// atOnce is how many blocks of one upload are on their way at a time.
	atOnce = 2
	// contentType is the media type of every object.
	contentType = "application/octet-stream"
)

// sizeOf is the size of an object whose part a service sent: that behind the slash of the range
// (bytes 10-14/27), or that of the body.
func sizeOf(contentRange *string, length *int64) int64 {
	if contentRange != nil {
		_, whole, _ := strings.Cut(*contentRange, "/")
		if n, err := strconv.ParseInt(whole, 10, 64); err == nil {
			return n
		}
	}
	if length == nil {
		return -1
	}
	return *length
}
