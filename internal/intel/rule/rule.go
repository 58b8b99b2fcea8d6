package rule

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/version"
)

// Statement is what one source says about a subject and one CVE, before it is compiled. Its CVE is
// a row of the catalog's; its texts are indices that sort like the texts.
type Statement struct {
	CVE, Source     uint32
	Ranges          []intel.Range
	Platforms       subject.Platforms
	Target, Edition uint32
	Trust           table.Trust
	Fix             intel.Fix
}

// fixFor returns the recommended update of one range: available if the source says so, or if the
// range ends with a version that is not affected.
func fixFor(fix intel.Fix, r intel.Range) intel.Fix {
	fix.Available = fix.Available || r.High != "" && !r.HighIncluded
	return fix
}

// Rule is one compiled statement: versions between two places of its subject's order are affected,
// or explicitly not.
type Rule struct {
	Low, High       uint32
	CVE, Source     uint32
	Platforms       subject.Platforms
	Target, Edition uint32
	Fix             intel.Fix
	Trust           table.Trust
	Unaffected      bool
}

// Exact reports whether a rule is on one single version.
func (r *Rule) Exact() bool { return r.Low == r.High && r.Low&1 == 1 }

// Compiled is a subject with its rules: exact ones first, by version, then ranges by upper end.
type Compiled struct {
	Scheme   version.Scheme
	Versions []string
	Rules    []Rule
}

// Compile turns the statements on one subject into rules.
func Compile(key string, statements []Statement) Compiled {
	var c Compiled
	scheme, ok := subject.SchemeOf(key)
	if !ok {
		return c
	}
	closeBranches(statements)
	c.Scheme = scheme
	c.Versions = sortVersions(scheme, boundsOf(statements))
	o := Order{scheme, len(c.Versions), func(i int) string { return c.Versions[i] }, map[string]uint32{}}
	for i := range statements {
		c.Rules = statements[i].appendRules(c.Rules, o)
	}
	c.Rules = distinct(c.Rules)
	slices.SortFunc(c.Rules, compareForSearch)
	return c
}

// closeBranches closes the branches of the statements in one document about one CVE.
func closeBranches(statements []Statement) {
	type document struct{ cve, source uint32 }
	bounds := map[document][]string{}
	for _, s := range statements {
		for _, r := range s.Ranges {
			if isOpenBelow(r) {
				d := document{s.CVE, s.Source}
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
		if b, ok := known[document{s.CVE, s.Source}]; ok {
			statements[i].Ranges = make([]intel.Range, len(s.Ranges))
			for k, r := range s.Ranges {
				statements[i].Ranges[k] = closeBranch(r, b)
			}
		}
	}
}

func boundsOf(statements []Statement) []string {
	var texts []string
	for _, s := range statements {
		for _, r := range s.Ranges {
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
func (s *Statement) appendRules(rules []Rule, o Order) []Rule {
	var unaffected []interval
	for _, r := range s.Ranges {
		if i, ok := intervalOf(r, o); ok && r.Unaffected {
			unaffected = append(unaffected, i)
			rules = append(rules, s.rule(i, r))
		}
	}
	unaffected = united(unaffected)
	for _, r := range s.Ranges {
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

func (s *Statement) rule(i interval, r intel.Range) Rule {
	return Rule{
		Low: i.low, High: i.high, CVE: s.CVE, Source: s.Source, Platforms: s.Platforms,
		Target: s.Target, Edition: s.Edition, Fix: fixFor(s.Fix, r), Trust: s.Trust, Unaffected: r.Unaffected,
	}
}

// interval is a closed, non-empty interval of places.
type interval struct{ low, high uint32 }

// intervalOf returns the places of a range; ok is false if it is empty or a bound cannot be
// compared.
func intervalOf(r intel.Range, o Order) (i interval, ok bool) {
	if r.Exact != "" {
		at, ok := o.Place(r.Exact)
		return interval{at, at}, ok
	}
	i = interval{PlaceFirst, PlaceLast}
	if r.Low != "" && r.Low != "0" {
		at, ok := o.Place(r.Low)
		if !ok {
			return i, false
		}
		i.low = at
		if r.LowExcluded {
			i.low++
		}
	}
	if r.High != "" {
		at, ok := o.Place(r.High)
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
func distinct(rules []Rule) []Rule {
	slices.SortFunc(rules, compareRules)
	return slices.CompactFunc(rules, func(a, b Rule) bool { return compareContent(&a, &b) == 0 })
}

// compareContent orders rules by content.
func compareContent(a, b *Rule) int {
	return cmp.Or(
		cmp.Compare(a.CVE, b.CVE), cmp.Compare(a.Low, b.Low), cmp.Compare(a.High, b.High),
		cmp.Compare(a.Platforms, b.Platforms), cmp.Compare(a.Target, b.Target), cmp.Compare(a.Edition, b.Edition),
		cmp.Compare(column.Flag(a.Unaffected), column.Flag(b.Unaffected)),
	)
}

// compareRules orders rules by content, then the preferred first.
func compareRules(a, b Rule) int {
	return cmp.Or(
		compareContent(&a, &b),
		cmp.Compare(a.Trust, b.Trust), cmp.Compare(column.Flag(b.Fix.Available), column.Flag(a.Fix.Available)),
		compareFixes(a.Fix, b.Fix), cmp.Compare(a.Source, b.Source),
	)
}

func compareFixes(a, b intel.Fix) int {
	return cmp.Or(cmp.Compare(b.ID, a.ID), cmp.Compare(b.Title, a.Title), cmp.Compare(b.URL, a.URL))
}

// compareForSearch puts exact rules first, by version, then ranges by upper end: matching searches
// both for the installed version's place.
func compareForSearch(a, b Rule) int {
	return cmp.Or(
		cmp.Compare(column.Flag(b.Exact()), column.Flag(a.Exact())),
		cmp.Compare(a.High, b.High), compareRules(a, b),
	)
}
