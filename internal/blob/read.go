package blob

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// Check checks a blob against a reference, like Store.OpenChecked.
func Check(ctx context.Context, s Store, want Ref, again bool) error {
	b, err := s.OpenChecked(ctx, want, again)
	if err != nil {
		return err
	}
	return b.Close()
}

// ReadAll reads a whole blob into buf's memory and checks it. A negative size is not checked; the
// blob must then have most bytes at most. Errors are those of Store.OpenChecked.
func ReadAll(ctx context.Context, s Store, want Ref, buf []byte, most int64) ([]byte, error) {
	b, err := s.Open(ctx, want.Path)
	if errors.Is(err, fs.ErrNotExist) {
		s.Doubt(want.Path)
		return nil, Damaged(want.Path, "file is gone")
	}
	if err != nil {
		return nil, err
	}
	defer b.Close()
	info, err := b.Stat()
	if err != nil {
		return nil, fmt.Errorf("reading %q: %w", want.Path, err)
	}
	size := info.Size()
	switch {
	case want.Bytes >= 0 && size != want.Bytes:
		s.Doubt(want.Path)
		return nil, Damaged(want.Path, fmt.Sprintf("%d bytes, want %d", size, want.Bytes))
	case want.Bytes < 0 && size > most:
		return nil, fmt.Errorf("reading %q: it has %d bytes, more than %d", want.Path, size, most)
	}
	if int64(cap(buf)) < size {
		buf = make([]byte, size)
	}
	buf = buf[:size]
	if _, err := io.ReadFull(b, buf); err != nil {
		return nil, fmt.Errorf("reading %q: %w", want.Path, err)
	}
	if sha256.Sum256(buf) != want.SHA256 {
		s.Doubt(want.Path)
		return nil, Damaged(want.Path, "SHA-256 differs")
	}
	return buf, nil
}

// RemoveAll removes the blob with a key and all blobs below it, whose keys begin with the key and
// a slash.
func RemoveAll(ctx context.Context, s Store, key string) error {
	for below, err := range s.List(ctx, key+"/") {
		if err == nil {
			err = s.Remove(ctx, below)
		}
		if err != nil {
			return err
		}
	}
	return s.Remove(ctx, key)
}
