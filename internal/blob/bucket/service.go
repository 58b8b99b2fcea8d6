package bucket

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"strconv"

	"golang.org/x/sync/semaphore"

	"github.com/muster-project/muster/internal/blob/pieces"
)

// service is what stores on one place share.
type service struct {
	retrier
	at      *place
	dialect dialect
	cache   *pieces.Cache
	spool   string // the folder of files that are being written
	uploads *semaphore.Weighted
	known   known
	close   func()
}

// head asks for the version of an object. The error wraps fs.ErrNotExist if there is none.
func (s *service) head(ctx context.Context, name string) (v version, err error) {
	err = s.again(ctx, func() (err error) {
		v, err = s.dialect.head(ctx, name)
		return err
	})
	if b, err := hex.DecodeString(v.sum); err != nil || len(b) != sha256.Size {
		v.sum = ""
	}
	return v, err
}

// piece names the piece of a version in the cache. A version with our metadata is named by its
// content, so that what is written is in the cache before the service has said what its version is.
func (s *service) piece(name string, v version, index int) pieces.ID {
	content := "etag " + v.etag
	if v.sum != "" {
		content = "sum " + v.sum
	}
	id := sha256.New()
	for _, part := range []string{"1", s.at.scheme, s.at.container, fmt.Sprint(s.at.endpoint), name, content,
		strconv.FormatInt(v.bytes, 10), strconv.Itoa(index)} {
		fmt.Fprintf(id, "%d %s\n", len(part), part)
	}
	return pieces.ID(id.Sum(nil))
}

// forget drops the pieces of a version.
func (s *service) forget(name string, v version) {
	for i := range v.count() {
		s.cache.Drop(s.piece(name, v, i))
	}
}

// keep puts a file into the cache that was uploaded, unless it would take much of the cache.
func (s *service) keep(name string, v version, from io.ReaderAt) {
	if v.bytes > s.cache.Most()/8 {
		return
	}
	for i := range v.count() {
		data := make([]byte, v.sizeOf(i))
		if n, _ := from.ReadAt(data, int64(i)*pieceSize); n < len(data) {
			return
		}
		s.cache.Put(s.piece(name, v, i), data)
	}
}
