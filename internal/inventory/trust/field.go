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

// fieldNames are the names of the parts, in their order; they are those of a
// report's device.
var fieldNames = [...]string{"name", "osPlatform", "tags", "rbacGroup"}

// Has tells whether all of some parts are there.
func (f Fields) Has(parts Fields) bool { return f&parts == parts }

// trustWords are the words by which an enrolment trusts parts, in their order;
// nobody is trusted with the group.
var trustWords = [...]string{"name", "platform", "tags"}

// Names lists the parts as a report's device calls them.
func (f Fields) Names() []string { return f.in(fieldNames[:]) }

// in lists the parts by words, which are in the order of the parts; none are an
// empty list.
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
			return 0, fmt.Errorf("%q is no word of trust, must be one of %q", word, trustWords)
		}
		trusted |= 1 << i
	}
	return trusted, nil
}

// TrustWords is the inverse of ParseTrust.
func (f Fields) TrustWords() []string { return f.in(trustWords[:]) }
