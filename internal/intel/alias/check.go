package alias

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxProblems bounds the errors that Check returns.
const maxProblems = 20

// Check returns what is wrong with a data set of titles, as *LineError each: a block that names no source, an example
// that leads to another block or to another version, because a pattern or title takes it, or a pattern without an
// example that it matches, if examples are needed.
func (t *Table) Check(examples bool) []error {
	var problems []error
	problem := func(line int, format string, args ...any) {
		if len(problems) < maxProblems {
			problems = append(problems, &LineError{line, fmt.Errorf(format, args...)})
		}
	}
	for _, b := range t.blocks {
		if len(b.sources) == 0 {
			problem(b.line, "the block names no source")
		}
		for _, s := range b.seen {
			found, ok := t.Find(s.Entry)
			switch {
			case !ok:
				problem(s.line, "%q of %q leads to no product", s.Name, s.Vendor)
			case found.Product != &b.Product:
				problem(s.line, "%q of %q leads to %s", s.Name, s.Vendor, found.Product)
			case !b.Excluded && found.Transform.Apply(s.Version, found.Titled) != s.True:
				problem(s.line, "%q with %q is version %q, and was seen to be %q", s.Name, s.Version,
					found.Transform.Apply(s.Version, found.Titled), s.True)
			}
		}
		for _, p := range b.patterns {
			if examples && !slices.ContainsFunc(b.seen, func(s Seen) bool { return p.MatchString(cleaned(s)) }) {
				problem(b.line, "no example was seen of the pattern %q", p.Regexp.String())
			}
		}
	}
	return problems
}

// Size counts the keys of Windows and of macOS: titles and patterns without their vendors, families and codes; and
// bundle ids, and titles that are only of macOS.
func (t *Table) Size() (windows, macos int) {
	for _, b := range t.blocks {
		keys := len(b.titles) + len(b.patterns)
		for _, id := range b.ids {
			switch {
			case id[0] == '{' || families.MatchString(id):
				keys++
			case !strings.HasPrefix(id, wingetKey("")) && !strings.HasPrefix(id, brewKey("")):
				macos++
			}
		}
		if len(b.kinds) == 0 || slices.Contains(b.kinds, "windows") {
			windows += keys
		} else if slices.Contains(b.kinds, "macos") {
			macos += keys
		}
	}
	return windows, macos
}

var families = regexp.MustCompile(`_[a-z0-9]{13}$`)
