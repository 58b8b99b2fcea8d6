package oval

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/ecosystem"
)

// term is one alternative of a tree: what has to hold together.
type term struct {
	// release is the ecosystem, arch the architecture, module the module stream; empty if none is asked.
	release, arch, module string
	name                  string
	// low and high are bounds of the version: it is greater than low, and less than high, or at most high.
	low, high string
	included  bool
	// claim is what is said of every version.
	claim claim
}

// claim is what a criterion says of a package in place of bounds.
type claim uint8

const (
	noClaim claim = iota
	isOpen        // every version is affected
	isSound       // no version is
)

const maxTerms = 200_000

var (
	errNegated  = errors.New("a criterion is negated, or extends another definition")
	errOperator = errors.New("criteria are joined by neither AND nor OR")
	errTerms    = fmt.Errorf("more than %d alternatives: %w", maxTerms, intel.ErrTooLarge)
	errSeveral  = errors.New("an alternative asks for several packages, releases or bounds at once")
	errNothing  = errors.New("an alternative names no package, or no release")
	errTest     = errors.New("a criterion is not understood")
)

// reduce returns the alternatives of a tree, and an error if some of them could not be read: the others are whole.
func (doc *document) reduce(c *criteria) ([]term, error) {
	if c.Negate == "true" || len(c.Extends) > 0 {
		return nil, errNegated
	}
	isAny := strings.EqualFold(c.Operator, "OR")
	if !isAny && c.Operator != "" && !strings.EqualFold(c.Operator, "AND") {
		return nil, errOperator
	}
	var parts [][]term
	var odd error
	add := func(some []term, err error) (ok bool) {
		odd = cmp.Or(odd, err)
		parts = append(parts, some)
		return isAny || len(some) > 0
	}
	for i := range c.Tests {
		if !add(doc.criterion(&c.Tests[i])) {
			return nil, odd
		}
	}
	for i := range c.Criteria {
		if !add(doc.reduce(&c.Criteria[i])) {
			return nil, odd
		}
	}
	terms, err := slices.Concat(parts...), error(nil)
	if !isAny {
		terms, err = all(parts)
	}
	if len(terms) > maxTerms {
		return nil, errTerms
	}
	return terms, cmp.Or(err, odd)
}

// all returns the alternatives of which each part holds.
func all(parts [][]term) ([]term, error) {
	terms := []term{{}}
	for _, part := range parts {
		if len(terms)*len(part) > maxTerms {
			return nil, errTerms
		}
		next := make([]term, 0, len(terms)*len(part))
		for _, a := range terms {
			for _, b := range part {
				both, err := a.and(b)
				if err != nil {
					return nil, err
				}
				next = append(next, both)
			}
		}
		terms = next
	}
	return terms, nil
}

// and joins what two terms ask.
func (t term) and(u term) (term, error) {
	for _, f := range [...]struct {
		a *string
		b string
	}{{&t.release, u.release}, {&t.arch, u.arch}, {&t.module, u.module}, {&t.name, u.name}, {&t.low, u.low},
		{&t.high, u.high}} {
		switch {
		case *f.a == "":
			*f.a = f.b
		case f.b != "" && f.b != *f.a:
			return t, errSeveral
		}
	}
	if t.claim != noClaim && u.claim != noClaim && t.claim != u.claim {
		return t, errSeveral
	}
	t.included, t.claim = t.included || u.included, max(t.claim, u.claim)
	return t, nil
}

// The beginnings and ends of comments whose wording publishers keep.
const (
	installed = " is installed"
	earlier   = " is earlier than "
	signed    = " is signed with "
	ksplice   = " is ksplice-based"
	enabled   = " is enabled"
	module    = "Module "
	oracle    = "Oracle Linux "
	suse      = "SUSE "
	openSUSE  = "openSUSE "
	archOf    = "Oracle Linux arch is "
	sound     = " is not affected"
	open      = " is affected"
)

// criterion reads a criterion: the version of a package by its test, all else by its comment.
func (doc *document) criterion(c *criterion) ([]term, error) {
	if c.Negate == "true" {
		return nil, errNegated
	}
	comment := strings.TrimSpace(c.Comment)
	if t, ok := told(comment); ok {
		return []term{t}, nil
	}
	of, known := doc.tests[c.Test]
	name, evr := doc.objects[of.Object.Ref], doc.states[of.State.Ref].EVR
	if known && name != "" {
		if t, ok := bound(name, evr.Operation, strings.TrimSpace(evr.Text)); ok {
			return []term{t}, nil
		}
	}
	// A file that is cut may lack the test, or what it is about. Oracle's comment says the same.
	isCut := !known || name == "" || evr.Text == ""
	if of, high, ok := strings.Cut(comment, earlier); ok && isCut && !strings.Contains(of, " ") && isEVR(high) {
		return []term{{name: of, high: high}}, nil
	}
	return nil, fmt.Errorf("%w: %.120q", errTest, comment)
}

// isEVR reports whether a text has epoch, version and release, and nothing else.
func isEVR(text string) bool {
	return strings.Contains(text, ":") && strings.Contains(text, "-") && !strings.Contains(text, " ")
}

// bound reads what is asked of a package's version.
func bound(name, operation, evr string) (term, bool) {
	switch {
	case evr == "":
		return term{}, false
	case operation == "less than":
		return term{name: name, high: evr}, true
	case operation == "less than or equal":
		return term{name: name, high: evr, included: true}, true
	case operation == "greater than" && strings.HasPrefix(evr, "0:0-"):
		return term{name: name, claim: isOpen}, true
	case operation == "greater than":
		return term{name: name, low: evr}, true
	}
	return term{}, false
}

// told reads a comment that says what no version tells.
func told(comment string) (term, bool) {
	if release, ok := strings.CutSuffix(comment, installed); ok {
		if t, ok := releaseOf(release); ok {
			return t, true
		}
	}
	if arch, ok := strings.CutPrefix(comment, archOf); ok {
		return term{arch: arch}, true
	}
	if stream, ok := strings.CutSuffix(comment, enabled); ok && strings.HasPrefix(stream, module) {
		return term{module: strings.TrimPrefix(stream, module)}, true
	}
	if strings.HasSuffix(comment, ksplice) {
		return term{module: ecosystem.Ksplice}, true
	}
	if strings.Contains(comment, signed) {
		return term{}, true
	}
	if name, ok := strings.CutSuffix(comment, sound); ok && !strings.Contains(name, " ") {
		return term{name: name, claim: isSound}, true
	}
	if name, ok := strings.CutSuffix(comment, open); ok && !strings.Contains(name, " ") {
		return term{name: name, claim: isOpen}, true
	}
	return term{}, false
}

// releaseOf returns the ecosystem of a release. SUSE's are the names of products, as OSV writes them; the definitions
// name packages that are installed, and OSV's advisories sources, so that the two are different ecosystems.
func releaseOf(name string) (term, bool) {
	if major, ok := strings.CutPrefix(name, oracle); ok && major != "" && strings.Trim(major, "0123456789") == "" {
		return term{release: "Oracle Linux:" + major}, true
	}
	if product, ok := strings.CutPrefix(name, openSUSE); ok {
		return term{release: "openSUSE rpm:" + product}, true
	}
	if product, ok := strings.CutPrefix(name, suse); ok {
		return term{release: "SUSE rpm:" + product}, true
	}
	return term{}, false
}

// azure returns the ecosystem of a version of Microsoft's, by its end ("1.2-3.azl3", "1.2-3.cm2"): its definitions
// name no release.
func azure(version string) string {
	for _, mark := range [...]string{".azl", ".cm"} {
		if i := strings.LastIndex(version, mark); i >= 0 {
			major := version[i+len(mark):]
			if major != "" && strings.Trim(major, "0123456789") == "" {
				return "Azure Linux:" + major
			}
		}
	}
	return ""
}

// distinct returns the alternatives without the architecture, each package of a release once: of several bounds the
// lowest that less orders, since a build with the fix for one architecture is none without it for another.
func distinct(terms []term, less func(a, b string) bool) []term {
	first := map[term]term{}
	for _, t := range terms {
		key := term{release: t.release, module: t.module, name: t.name, claim: t.claim}
		if was, ok := first[key]; !ok || less(t.high, was.high) {
			t.arch = ""
			first[key] = t
		}
	}
	return slices.SortedFunc(maps.Values(first), func(a, b term) int {
		return strings.Compare(a.release+"\x00"+a.name+"\x00"+a.module, b.release+"\x00"+b.name+"\x00"+b.module)
	})
}
