package rule

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/table"

	"github.com/muster-project/muster/internal/intel"
)

// Statement is what one source says about a subject and one CVE, before it is compiled. Its CVE is
// a row of the catalog's; its texts are indices that sort like the texts.
type Statement struct {
	CVE, Source uint32
	// Subject tells what the statement is about from others of the same layout.
	Subject   uint32
	Ranges    []intel.Range
	Platforms subject.Platforms
	Target    uint32
	Trust     table.Trust
	Fix       intel.Fix
}

// fixFor returns the recommended update of one range: available if the source says so, or if the
// range ends with a version that is not affected, and the source does not say why nobody gets it.
func fixFor(fix intel.Fix, r intel.Range) intel.Fix {
	if fix.State == intel.FixUnstated {
		fix.Available = fix.Available || r.High != "" && !r.HighIncluded
	}
	return fix
}

// Rule is one compiled statement: versions between two places of its subject's order are affected,
// or explicitly not.
type Rule struct {
	Low, High   uint32
	CVE, Source uint32
	Platforms   subject.Platforms
	Target      uint32
	Fix         intel.Fix
	Trust       table.Trust
	Unaffected  bool
}

// Exact reports whether a rule is on one single version.
func (r *Rule) Exact() bool { return r.Low == r.High && r.Low&1 == 1 }

// distinct keeps the most trusted of rules that differ only in their source.
func distinct(rules []Rule) []Rule {
	slices.SortFunc(rules, compareRules)
	return slices.CompactFunc(rules, func(a, b Rule) bool { return compareContent(&a, &b) == 0 })
}

// compareContent orders rules by content.
func compareContent(a, b *Rule) int {
	return cmp.Or(
		cmp.Compare(a.CVE, b.CVE), cmp.Compare(a.Low, b.Low), cmp.Compare(a.High, b.High),
		cmp.Compare(a.Platforms, b.Platforms), cmp.Compare(a.Target, b.Target),
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
	return cmp.Or(cmp.Compare(b.ID, a.ID), cmp.Compare(b.Title, a.Title), cmp.Compare(b.URL, a.URL),
		cmp.Compare(b.Severity, a.Severity), cmp.Compare(a.State, b.State))
}

// compareForSearch puts exact rules first, by version, then ranges by upper end: matching searches
// both for the installed version's place.
func compareForSearch(a, b Rule) int {
	return cmp.Or(
		cmp.Compare(column.Flag(b.Exact()), column.Flag(a.Exact())),
		cmp.Compare(a.High, b.High), compareRules(a, b),
	)
}
