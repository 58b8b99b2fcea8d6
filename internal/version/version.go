package version

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"

	"github.com/google/osv-scalibr/semantic"
)

// ErrIncomparable says that one or two versions cannot be ordered.
var ErrIncomparable = errors.New("cannot compare versions")

// UnknownEpoch begins the version of a package of rpm whose epoch is not known. Such a version has no order by itself.
const UnknownEpoch = "?:"

// Version is a version parsed for repeated comparison. It is immutable.
type Version struct {
	scheme Scheme
	key    []byte           // for Generic
	parsed semantic.Version // for all other schemes
}

// Parse parses a version by the rules of a scheme. Errors wrap ErrIncomparable: the version is
// longer than MaxLength, has no digit ("UNKNOWN", "master"), or is invalid in the scheme; for
// Generic, it is not Orderable.
func Parse(s Scheme, v string) (Version, error) {
	switch {
	case len(v) > MaxLength:
		return Version{}, fmt.Errorf("%w: %d bytes, more than %d: %.40q…", ErrIncomparable, len(v), MaxLength, v)
	case !strings.ContainsAny(v, digits) || s == Generic && !Orderable(v):
		return Version{}, fmt.Errorf("%w: %q is not a version of scheme %v", ErrIncomparable, v, s)
	case s == Generic:
		return Version{key: Key(v)}, nil
	case s == Pacman:
		return Version{scheme: s, parsed: newPacman(v)}, nil
	}
	parsed, err := semantic.Parse(v, s.ecosystem())
	if err != nil {
		return Version{}, fmt.Errorf("%w: parsing %q by scheme %v: %w", ErrIncomparable, v, s, err)
	}
	return Version{scheme: s, parsed: parsed}, nil
}

const digits = "0123456789"

// Orderable reports whether the order of v's key is meaningful: v has a digit and none of the
// characters of ranges and patterns ("< 1.2", "8.0.*"), is not a commit's hash, and is not longer
// than MaxLength. Other versions can at most be equal to themselves, and are not bounds.
func Orderable(v string) bool {
	return len(v) <= MaxLength && strings.ContainsAny(v, digits) && !strings.ContainsAny(v, "<>=*") && !isHash(v)
}

// isHash reports whether v looks like a whole SHA-1 or SHA-256 in hexadecimal.
func isHash(v string) bool {
	if len(v) != 40 && len(v) != 64 {
		return false
	}
	_, err := hex.DecodeString(v)
	return err == nil
}

// Compare returns -1 if v is older than w, 0 if neither is, +1 if v is newer.
// Versions of two schemes are an error that wraps ErrIncomparable.
func (v Version) Compare(w Version) (int, error) {
	if v.scheme != w.scheme {
		return 0, fmt.Errorf("%w: schemes %v and %v differ", ErrIncomparable, v.scheme, w.scheme)
	}
	if v.parsed == nil || w.parsed == nil {
		return bytes.Compare(v.key, w.key), nil
	}
	order, err := v.parsed.Compare(w.parsed)
	if err != nil {
		return 0, fmt.Errorf("%w by scheme %v: %w", ErrIncomparable, v.scheme, err)
	}
	return cmp.Compare(order, 0), nil
}

// Compare parses and compares two versions; see Parse and Version.Compare.
func Compare(s Scheme, a, b string) (int, error) {
	v, err := Parse(s, a)
	if err != nil {
		return 0, err
	}
	w, err := Parse(s, b)
	if err != nil {
		return 0, err
	}
	return v.Compare(w)
}
