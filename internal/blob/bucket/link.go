package bucket

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/blob"
)

// SignedURL returns a URL of the service itself, with which anybody can read a blob until a time.
// It reads nothing, and so does not know whether there is such a blob.
func (s *Store) SignedURL(ctx context.Context, key string, expires time.Time) (string, error) {
	err := blob.CheckKey(key)
	if err == nil {
		err = ctx.Err()
	}
	if err == nil && isEscaped(s.prefix+key) {
		err = fmt.Errorf("%w: of such a name", ErrCannotSign)
	}
	signed := ""
	if err == nil {
		if signed, err = s.dialect.sign(ctx, s.prefix+key, expires); err != nil && !errors.Is(err, ErrCannotSign) {
			err = s.explain(ctx, err)
		}
	}
	if err != nil {
		return "", fmt.Errorf("signing a link to %q: %w", key, err)
	}
	return signed, nil
}

// Link is SignedURL for a blob that a caller is told to be intact. It asks the service for the object. The error
// wraps blob.ErrDamaged if it is gone, has another size, or was not put with the hash of the reference. An
// object that tells no hash, which another program put back, is read through once.
func (s *Store) Link(ctx context.Context, want blob.Ref, expires time.Time) (string, error) {
	v, err := s.head(ctx, s.prefix+want.Path)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return "", s.damaged(want, "file is gone")
	case err != nil:
		return "", fmt.Errorf("signing a link to %q: %w", want.Path, err)
	case want.Bytes >= 0 && v.bytes != want.Bytes:
		return "", s.damaged(want, fmt.Sprintf("%d bytes, want %d", v.bytes, want.Bytes))
	case v.sum == "":
		err = blob.Check(ctx, s, want, false)
	case v.sum != hex.EncodeToString(want.SHA256[:]):
		err = s.damaged(want, "SHA-256 differs")
	}
	if err != nil {
		return "", err
	}
	return s.SignedURL(ctx, want.Path, expires)
}

// isEscaped reports whether escape writes a name in another way for one of the services.
func isEscaped(key string) bool {
	return strings.ContainsAny(key, azureStrange) || strings.Contains(key, "__0x") || strings.Contains(key, "../")
}
