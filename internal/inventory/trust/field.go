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

// Names lists the parts as a report's device calls them.
func (f Fields) Names() []string {
	var names []string
	for i, name := range fieldNames {
		if f.Has(1 << i) {
			names = append(names, name)
		}
	}
	return names
}

// trustable are the words by which an enrolment trusts parts of an identity.
var trustable = map[string]Fields{"name": Name, "platform": Platform, "tags": Tags}

// Trustable lists the words that ParseTrust reads.
func Trustable() []string { return []string{"name", "platform", "tags"} }

// ParseTrust reads words of Trustable.
func ParseTrust(words []string) (trusted Fields, err error) {
	for _, word := range words {
		field, known := trustable[word]
		if !known {
			return 0, fmt.Errorf("%q is no word of trust, must be one of %q", word, Trustable())
		}
		trusted |= field
	}
	return trusted, nil
}

// TrustWords is the inverse of ParseTrust.
func (f Fields) TrustWords() []string {
	return slices.DeleteFunc(Trustable(), func(word string) bool { return !f.Has(trustable[word]) })
}
