package trust

import (
	"fmt"
	"slices"
)

// Fields are parts of a device's identity.
type Fields uint

// The parts, as they are stored.
const (
	Name Fields = 1 << iota
	Platform
	Tags
	Group
)

// fieldNames are the names of the parts in order, as in a report's device.
var fieldNames = [...]string{"name", "osPlatform", "tags", "rbacGroup"}

// Has reports whether f contains all parts.
func (f Fields) Has(parts Fields) bool { return f&parts == parts }

// trustWords are the words for parts that an enrolment trusts, in order; the group is never
// trusted.
var trustWords = [...]string{"name", "platform", "tags"}

// Names lists the parts by their names in a report's device.
func (f Fields) Names() []string { return f.in(fieldNames[:]) }

// in lists the parts by words, which are in the order of the parts; an empty list for none.
func (f Fields) in(words []string) []string {
	there := []string{}
	for i, word := range words {
		if f.Has(1 << i) {
			there = append(there, word)
		}
	}
	return there
}

// ParseTrust reads words of trust.
func ParseTrust(words []string) (trusted Fields, err error) {
	for _, word := range words {
		i := slices.Index(trustWords[:], word)
		if i < 0 {
			return 0, fmt.Errorf("cannot trust %q: want one of %q", word, trustWords)
		}
		trusted |= 1 << i
	}
	return trusted, nil
}

// TrustWords is the inverse of ParseTrust.
func (f Fields) TrustWords() []string { return f.in(trustWords[:]) }
