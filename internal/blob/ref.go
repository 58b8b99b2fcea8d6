package blob

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strings"
	"unicode"
	"unicode/utf8"
)

// Ref names a blob and gives its size and hash. Manifests contain references in JSON.
type Ref struct {
	Path   string `json:"path"` // the key
	Bytes  int64  `json:"bytes"`
	SHA256 Digest `json:"sha256"`
}

// Digest is a SHA-256, written in hexadecimal.
type Digest [32]byte

// DigestOf is the SHA-256 of bytes.
func DigestOf(data []byte) Digest { return sha256.Sum256(data) }

// MarshalText writes 64 hexadecimal digits.
func (d Digest) MarshalText() ([]byte, error) { return []byte(hex.EncodeToString(d[:])), nil }

// UnmarshalText reads 64 hexadecimal digits.
func (d *Digest) UnmarshalText(text []byte) error {
	if len(text) != hex.EncodedLen(len(d)) {
		return fmt.Errorf("digest %q: want %d hexadecimal digits", text, hex.EncodedLen(len(d)))
	}
	_, err := hex.Decode(d[:], text)
	return err
}

const (
	// maxKey bounds a key, in bytes. That is S3's limit; Azure's is the same in characters.
	maxKey = 1024
	// maxElement bounds an element between slashes, in bytes, as file systems do.
	maxElement = 255
	// maxElements bounds the elements of a key, as Azure does.
	maxElements = 254
)

// CheckKey returns an error that wraps ErrKey if a blob cannot be put under a name. A key is a
// path of elements separated by slashes. No element is empty, "." or "..", and a key has no
// backslash and no control character. It does not begin with a dot: such names belong to the
// store.
func CheckKey(key string) error {
	switch {
	case len(key) > maxKey:
		return fmt.Errorf("%.100q… has %d bytes, more than %d: %w", key, len(key), maxKey, ErrKey)
	case checkName(key) != nil:
		return checkName(key)
	case !utf8.ValidString(key), strings.ContainsFunc(key,
		func(r rune) bool { return r == '\\' || unicode.IsControl(r) }):
		return fmt.Errorf("%q has a backslash or a control character: %w", key, ErrKey)
	case strings.Count(key, "/") >= maxElements:
		return fmt.Errorf("%q has more than %d elements: %w", key, maxElements, ErrKey)
	}
	for element := range strings.SplitSeq(key, "/") {
		if len(element) > maxElement {
			return fmt.Errorf("%.100q… has an element of %d bytes, more than %d: %w", key, len(element), maxElement, ErrKey)
		}
	}
	return nil
}

// checkName returns an error if nothing can have a name. Names that may be listed are more than
// names that may be put: a folder may contain files of others.
func checkName(key string) error {
	if !fs.ValidPath(key) || key[0] == '.' {
		return fmt.Errorf("%q: %w", key, ErrKey)
	}
	return nil
}
