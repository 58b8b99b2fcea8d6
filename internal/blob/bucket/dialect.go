package bucket

import (
	"context"
	"errors"
	"time"
)

// dialect is what differs between services and gocloud leaves to them.
type dialect interface {
	// read makes a read one of a version; write asks for checks of what is sent; copy allows only
	// an unused name.
	read(etag string, as func(any) bool)
	write(as func(any) bool)
	copy(as func(any) bool)
	// sign returns a URL for reading an object until a time.
	sign(ctx context.Context, key string, expires time.Time) (string, error)
	// sweep removes uploads below a prefix that were begun before a time and never ended.
	sweep(ctx context.Context, prefix string, before time.Time) (int, error)
}

// ErrCannotSign is wrapped if no link can be signed: with these credentials, for so long, or for
// such a name.
var ErrCannotSign = errors.New("no link of the service can be signed")
