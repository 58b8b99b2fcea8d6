package rule

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel"
)

// claim is a statement with its versions as places.
type claim struct {
	*Statement
	// number is the statement's.
	number int
	// spans are the affected versions, without those that the same statement excepts.
	spans []span
	// denied are the versions that the statement says are not affected.
	denied []span
}

// span is a part of a range.
type span struct {
	interval
	of intel.Range
}

// hasLow reports whether a span has a lower bound. A single version is no bound of others.
func (s *span) hasLow() bool { return s.of.Exact == "" && s.low != PlaceFirst }

// hasHigh reports whether a span has an upper bound.
func (s *span) hasHigh() bool { return s.of.Exact == "" && s.high != PlaceLast }

// claimsOf places statements and groups them by CVE, in order of CVE.
func claimsOf(statements []Statement, o Order) [][]claim {
	claims := make([]claim, 0, len(statements))
	for i := range statements {
		claims = append(claims, newClaim(&statements[i], i, o))
	}
	slices.SortStableFunc(claims, func(a, b claim) int { return cmp.Compare(a.CVE, b.CVE) })
	var groups [][]claim
	for len(claims) > 0 {
		n := 1
		for n < len(claims) && claims[n].CVE == claims[0].CVE {
			n++
		}
		groups, claims = append(groups, claims[:n:n]), claims[n:]
	}
	return groups
}

func newClaim(s *Statement, number int, o Order) claim {
	c := claim{Statement: s, number: number}
	var excepted []interval
	for _, r := range s.Ranges {
		if i, ok := intervalOf(r, o); ok && r.Unaffected {
			excepted = append(excepted, i)
			c.denied = append(c.denied, span{i, r})
		}
	}
	excepted = united(excepted)
	for _, r := range s.Ranges {
		whole, ok := intervalOf(r, o)
		if !ok || r.Unaffected {
			continue
		}
		for _, i := range whole.less(excepted) {
			c.spans = append(c.spans, span{i, r})
		}
	}
	return c
}

// denials appends a rule for each range that the statement says is not affected: it may overrule a
// source that is trusted less.
func (c *claim) denials(rules []Rule) []Rule {
	for i := range c.denied {
		rules = append(rules, c.rule(c.denied[i].interval, &c.denied[i]))
	}
	return rules
}

// rule makes a rule of a part of a span.
func (c *claim) rule(i interval, s *span) Rule {
	return Rule{
		Low: i.low, High: i.high, CVE: c.CVE, Source: c.Source, Platforms: c.Platforms, Target: c.Target,
		Fix: fixFor(c.Fix, s.of), Trust: c.Trust, Unaffected: s.of.Unaffected,
	}
}
