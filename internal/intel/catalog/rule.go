package catalog

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// statement is what one source says about a subject and one CVE, before it is compiled. Its CVE is
// a row of the catalog's; its texts are indices that sort like the texts.
type statement struct {
	cve, source     uint32
	ranges          []intel.Range
	platforms       subject.Platforms
	target, edition uint32
	trust           table.Trust
	fix             intel.Fix
}

// fixFor returns the recommended update of one range: available if the source says so, or if the
// range ends with a version that is not affected.
func fixFor(fix intel.Fix, r intel.Range) intel.Fix {
	fix.Available = fix.Available || r.High != "" && !r.HighIncluded
	return fix
}

// rule is one compiled statement: versions between two places of its subject's order are affected,
// or explicitly not.
type rule struct {
	low, high       uint32
	cve, source     uint32
	platforms       subject.Platforms
	target, edition uint32
	fix             intel.Fix
	trust           table.Trust
	unaffected      bool
}

// exact reports whether a rule is on one single version.
func (r *rule) exact() bool { return r.low == r.high && r.low&1 == 1 }

// compiled is a subject with its rules: exact ones first, by version, then ranges by upper end.
type compiled struct {
	scheme   version.Scheme
	versions []string
	rules    []rule
}

// compile turns the statements on one subject into rules.
func compile(key string, statements []statement) compiled {
	var c compiled
	scheme, ok := subject.SchemeOf(key)
	if !ok {
		return c
	}
	closeBranches(statements)
	c.scheme = scheme
	c.versions = sortVersions(scheme, boundsOf(statements))
	o := order{scheme, len(c.versions), func(i int) string { return c.versions[i] }, map[string]uint32{}}
	for i := range statements {
		c.rules = statements[i].appendRules(c.rules, o)
	}
	c.rules = distinct(c.rules)
	slices.SortFunc(c.rules, compareForSearch)
	return c
}

// closeBranches closes the branches of the statements in one document about one CVE.
func closeBranches(statements []statement) {
	type document struct{ cve, source uint32 }
	bounds := map[document][]string{}
	for _, s := range statements {
		for _, r := range s.ranges {
			if isOpenBelow(r) {
				d := document{s.cve, s.source}
				bounds[d] = append(bounds[d], r.High)
			}
		}
	}
	known := map[document]branches{}
	for d, b := range bounds {
		if len(b) > 1 {
			known[d] = branchesOf(b)
		}
	}
	for i, s := range statements {
		if b := known[document{s.cve, s.source}]; len(b) > 0 {
			statements[i].ranges = make([]intel.Range, len(s.ranges))
			for k, r := range s.ranges {
				statements[i].ranges[k] = closeBranch(r, b)
			}
		}
	}
}

func boundsOf(statements []statement) []string {
	var texts []string
	for _, s := range statements {
		for _, r := range s.ranges {
			for _, text := range [...]string{r.Exact, r.Low, r.High} {
				if text != "" {
					texts = append(texts, text)
				}
			}
		}
	}
	return texts
}

// appendRules compiles one statement: its affected ranges without its unaffected ones, and the
// unaffected ones as rules of their own, since they may overrule a less trusted source.
func (s *statement) appendRules(rules []rule, o order) []rule {
	var unaffected []interval
	for _, r := range s.ranges {
		if i, ok := intervalOf(r, o); ok && r.Unaffected {
			unaffected = append(unaffected, i)
			rules = append(rules, s.rule(i, r))
		}
	}
	unaffected = united(unaffected)
	for _, r := range s.ranges {
		whole, ok := intervalOf(r, o)
		if !ok || r.Unaffected {
			continue
		}
		for _, i := range whole.less(unaffected) {
			rules = append(rules, s.rule(i, r))
		}
	}
	return rules
}

func (s *statement) rule(i interval, r intel.Range) rule {
	return rule{
		low: i.low, high: i.high, cve: s.cve, source: s.source, platforms: s.platforms,
		target: s.target, edition: s.edition, fix: fixFor(s.fix, r), trust: s.trust, unaffected: r.Unaffected,
	}
}

// interval is a closed, non-empty interval of places.
type interval struct{ low, high uint32 }

// intervalOf returns the places of a range; ok is false if it is empty or a bound cannot be
// compared.
func intervalOf(r intel.Range, o order) (i interval, ok bool) {
	if r.Exact != "" {
		at, ok := o.place(r.Exact)
		return interval{at, at}, ok
	}
	i = interval{placeFirst, placeLast}
	if r.Low != "" && r.Low != "0" {
		at, ok := o.place(r.Low)
		if !ok {
			return i, false
		}
		i.low = at
		if r.LowExcluded {
			i.low++
		}
	}
	if r.High != "" {
		at, ok := o.place(r.High)
		if !ok {
			return i, false
		}
		i.high = at
		if !r.HighIncluded {
			i.high--
		}
	}
	return i, i.low <= i.high
}

// united returns the union of intervals, in order and without overlaps.
func united(intervals []interval) []interval {
	slices.SortFunc(intervals, func(a, b interval) int { return cmp.Compare(a.low, b.low) })
	var all []interval
	for _, i := range intervals {
		if n := len(all); n > 0 && i.low <= all[n-1].high {
			all[n-1].high = max(all[n-1].high, i.high)
		} else {
			all = append(all, i)
		}
	}
	return all
}

// less returns an interval without others, which are united.
func (i interval) less(others []interval) []interval {
	var left []interval
	first, _ := slices.BinarySearchFunc(others, i.low,
		func(o interval, low uint32) int { return cmp.Compare(o.high, low) })
	for _, o := range others[first:] {
		if i.high < o.low {
			break
		}
		if i.low < o.low {
			left = append(left, interval{i.low, o.low - 1})
		}
		if o.high >= i.high {
			return left
		}
		i.low = o.high + 1
	}
	return append(left, i)
}

// distinct keeps the most trusted of rules that differ only in their source.
func distinct(rules []rule) []rule {
	slices.SortFunc(rules, compareRules)
	return slices.CompactFunc(rules, func(a, b rule) bool { return compareContent(&a, &b) == 0 })
}

// compareContent orders rules by content.
func compareContent(a, b *rule) int {
	return cmp.Or(
		cmp.Compare(a.cve, b.cve), cmp.Compare(a.low, b.low), cmp.Compare(a.high, b.high),
		cmp.Compare(a.platforms, b.platforms), cmp.Compare(a.target, b.target), cmp.Compare(a.edition, b.edition),
		cmp.Compare(flag(a.unaffected), flag(b.unaffected)),
	)
}

// compareRules orders rules by content, then the preferred first.
func compareRules(a, b rule) int {
	return cmp.Or(
		compareContent(&a, &b),
		cmp.Compare(a.trust, b.trust), cmp.Compare(flag(b.fix.Available), flag(a.fix.Available)),
		compareFixes(a.fix, b.fix), cmp.Compare(a.source, b.source),
	)
}

func compareFixes(a, b intel.Fix) int {
	return cmp.Or(cmp.Compare(b.ID, a.ID), cmp.Compare(b.Title, a.Title), cmp.Compare(b.URL, a.URL))
}

// compareForSearch puts exact rules first, by version, then ranges by upper end: matching searches
// both for the installed version's place.
func compareForSearch(a, b rule) int {
	return cmp.Or(
		cmp.Compare(flag(b.exact()), flag(a.exact())),
		cmp.Compare(a.high, b.high), compareRules(a, b),
	)
}

func flag(set bool) int {
	if set {
		return 1
	}
	return 0
}
