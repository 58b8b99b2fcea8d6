package inventory

import (
	"cmp"
	"errors"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// errFound ends the reading of a document once its format is known.
var errFound = errors.New("found")

// membersOf returns the names of the members of a JSON object, or of the first object of a list, as far
// as the text goes.
func membersOf(text string) (members map[string]bool, isList bool) {
	members = map[string]bool{}
	p := parse.NewJSON(text)
	object := func() error {
		return p.Object(func(key string) error {
			members[key] = true
			return p.Skip()
		})
	}
	if isList = strings.HasPrefix(text, "["); isList {
		_ = p.Array(func(int) error { return cmp.Or(object(), errFound) }) // the text may end anywhere
	} else {
		_ = object()
	}
	return members, isList
}
