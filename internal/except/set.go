package except

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"

	packageurl "github.com/package-url/packageurl-go"
)

// Set has the exceptions that are in force at one time. It is never changed, so it may be used by many
// goroutines. A nil Set has none.
type Set struct {
	// byCVE has them in the order in which they decide.
	byCVE map[string][]rule
}

type rule struct {
	exception *Exception
	product   product
}

// Matches are the exceptions that match a CVE in a software, in the order in which they decide.
type Matches []*Exception

// NewSet returns the exceptions that are in force now. One that cannot be read is an error.
func NewSet(all []Exception, now time.Time) (*Set, error) {
	s := &Set{byCVE: map[string][]rule{}}
	for i := range all {
		e := &all[i]
		if e.At(now) != InForce {
			continue
		}
		p, err := newProduct(e.Product)
		if err != nil {
			return nil, fmt.Errorf("reading exception %q: %w", e.ID, err)
		}
		s.byCVE[e.CVE] = append(s.byCVE[e.CVE], rule{e, p})
	}
	for _, rules := range s.byCVE {
		slices.SortFunc(rules, func(a, b rule) int { return order(a.exception, b.exception) })
	}
	return s, nil
}

// order says which of two exceptions decides where both match. What people accepted comes before what
// documents state, and what hides before what marks. Of statements the newest decides; of two of one
// time the one that hides less.
func order(a, b *Exception) int {
	first := cmp.Compare(a.rank(), b.rank())
	if first == 0 && a.rank() == stated {
		first = cmp.Or(b.Stated.Compare(a.Stated), cmp.Compare(b.Status.caution(), a.Status.caution()))
	}
	return cmp.Or(first, strings.Compare(a.ID, b.ID))
}

// stated is the rank of what documents state.
const stated = 2

// rank orders exceptions by who made them, and those of people by what they do.
func (e *Exception) rank() int {
	switch {
	case e.Status != Accepted:
		return stated
	case e.Mark:
		return 1
	}
	return 0
}

// Empty reports whether nothing is excepted.
func (s *Set) Empty() bool { return s == nil || len(s.byCVE) == 0 }

// Matching returns the exceptions that match a CVE in a software; nil if none does.
func (s *Set) Matching(cve string, of Software) (found Matches) {
	if s.Empty() {
		return nil
	}
	rules := s.byCVE[cve]
	if len(rules) == 0 {
		return nil
	}
	var url *packageurl.PackageURL
	if read, err := packageurl.FromString(of.PURL); err == nil {
		url = &read
	}
	for i := range rules {
		if rules[i].product.matches(&of, url) {
			found = append(found, rules[i].exception)
		}
	}
	return found
}

// Decide returns the exception that decides at a place; nil if none does. It may be one that changes
// nothing: a statement that the software is affected.
func (m Matches) Decide(at Place) *Exception {
	for _, e := range m {
		if e.Scope.Holds(at) {
			return e
		}
	}
	return nil
}
