package evidence

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// The bounds of what is told of a check: a check may read all facts of a family, and a fact may be a whole file.
const (
	maxMeasured = 50
	maxValue    = 1000 // characters
)

// Of returns what every check says of the device of r, and the results that r carries, the worst first. sources has
// the source of each carried result by its id. As in rows, a carried result stands in the place of our check
// with the same id.
func Of(b *benchmark.Benchmark, r *inventory.Report, sources map[string]string) []control.DeviceCheck {
	return of(b, r, b.Explain(r), sources)
}

// CountOf counts what checks say, as Count does of Of, without what was measured.
func CountOf(b *benchmark.Benchmark, r *inventory.Report) control.CheckCounts {
	return Count(of(b, r, b.Tell(r), nil))
}

// of describes the results that r carries, and explanations of our checks.
func of(b *benchmark.Benchmark, r *inventory.Report, ours []benchmark.Explanation,
	sources map[string]string) []control.DeviceCheck {
	all := []control.DeviceCheck{}
	carried := map[string]bool{}
	for _, result := range b.Carried(r.Configurations) {
		one := describe(result.Definition, verdictOf(true, result.Applicable, result.Compliant))
		one.Source = sources[one.ID]
		carried[one.ID] = true
		all = append(all, one)
	}
	for _, e := range ours {
		if carried[e.Definition.ID] {
			continue
		}
		one := describe(e.Definition, verdictOf(e.Decided, e.Applicable, e.Compliant))
		one.Reason, one.Judges = parse.Clip(e.Reason, maxValue), string(e.Definition.Judges)
		one.Applies, one.Expected = e.Definition.Applies, e.Definition.Compliant
		one.Measured, one.MeasuredCut = measured(e.Measured, e.Definition.Compliant)
		all = append(all, one)
	}
	slices.SortFunc(all, worseFirst)
	return all
}

// verdictOf names an outcome.
func verdictOf(decided, applicable, compliant bool) string {
	switch {
	case !decided:
		return control.CheckSilent
	case !applicable:
		return control.CheckNotApplicable
	case !compliant:
		return control.CheckNonCompliant
	}
	return control.CheckCompliant
}

// describe tells what a definition says, without how it judges.
func describe(d *benchmark.Definition, verdict string) control.DeviceCheck {
	return control.DeviceCheck{ID: d.ID, Name: d.Name, Category: d.Category, Subcategory: d.Subcategory,
		Impact: d.Impact, UserImpact: d.UserImpact, Verdict: verdict, Remediation: d.Remediation, Command: d.Command,
		References: d.References}
}

// measured describes facts, and counts those that are left out. Facts that are set come first, and of them those that
// have most of the texts in the expression: of a whole family a few decide.
func measured(facts []benchmark.Measured, expression string) (all []control.MeasuredFact, cut int) {
	texts := textsOf(expression)
	set := slices.Clone(facts)
	slices.SortStableFunc(set, func(a, b benchmark.Measured) int {
		return cmp.Or(cmp.Compare(rank(&a), rank(&b)), cmp.Compare(having(&b, texts), having(&a, texts)))
	})
	for i := range set[:min(len(set), maxMeasured)] {
		m := &set[i]
		one := control.MeasuredFact{Family: m.Family, Name: parse.Clip(m.Key, maxValue), State: string(m.State),
			Origin: parse.Clip(m.Origin, maxValue), Unread: parse.Clip(m.Unread, maxValue)}
		if m.Set {
			value := parse.Clip(m.Value, maxValue)
			one.Value = &value
		}
		all = append(all, one)
	}
	return all, len(set) - len(all)
}

// textsOf returns the texts in an expression that are long enough to mean something.
func textsOf(expression string) (texts []string) {
	const least = 3
	for i, text := range strings.Split(expression, "'") {
		if i%2 == 1 && len(text) >= least {
			texts = append(texts, text)
		}
	}
	return texts
}

// having counts the texts that a fact has in its name or value.
func having(m *benchmark.Measured, texts []string) (n int) {
	for _, text := range texts {
		if strings.Contains(m.Key, text) || strings.Contains(m.Value, text) {
			n++
		}
	}
	return n
}

// rank is the place of a fact: set, not read, absent.
func rank(m *benchmark.Measured) int {
	switch {
	case m.Set:
		return 0
	case m.Unread != "":
		return 1
	}
	return 2
}

// worseFirst puts failing checks first, then silent ones, each by impact.
func worseFirst(a, b control.DeviceCheck) int {
	order := []string{control.CheckNonCompliant, control.CheckSilent, control.CheckCompliant, control.CheckNotApplicable}
	return cmp.Or(cmp.Compare(slices.Index(order, a.Verdict), slices.Index(order, b.Verdict)),
		cmp.Compare(b.Impact, a.Impact), cmp.Compare(a.ID, b.ID))
}

// Count counts what checks say.
func Count(checks []control.DeviceCheck) control.CheckCounts {
	counts := control.CheckCounts{Asked: len(checks), Silences: []control.CheckSilence{}}
	reasons := map[string]int{}
	for i := range checks {
		switch checks[i].Verdict {
		case control.CheckSilent:
			counts.Silent++
			reasons[checks[i].Reason]++
		case control.CheckNonCompliant:
			counts.NonCompliant++
		case control.CheckCompliant:
			counts.Compliant++
		default:
			counts.NotApplicable++
		}
	}
	counts.Judged = counts.Asked - counts.Silent
	for _, reason := range slices.Sorted(maps.Keys(reasons)) {
		counts.Silences = append(counts.Silences, control.CheckSilence{Reason: reason, Count: reasons[reason]})
	}
	slices.SortStableFunc(counts.Silences, func(a, b control.CheckSilence) int { return cmp.Compare(b.Count, a.Count) })
	return counts
}
