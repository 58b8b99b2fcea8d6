package catalog_test

import (
	"bytes"
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/version"
)

// model weighs statements literally, as sets of points: every version that drawVersion makes, and the gaps
// between them, which may have versions that nobody names. (1rc1, 1) is not empty, and ends before 1.
type model struct{ points []string }

// newModel lists the points, ascending.
func newModel() *model {
	var points []string
	parts := []string{"0", "1", "2", "3"}
	var add func(text string, depth int)
	add = func(text string, depth int) {
		for _, part := range parts {
			next := text + part
			for _, suffix := range []string{"", "a", "rc1"} {
				points = append(points, next+suffix)
			}
			if depth < 3 {
				add(next+".", depth+1)
			}
		}
	}
	add("", 1)
	slices.SortFunc(points, func(a, b string) int { return bytes.Compare(version.Key(a), version.Key(b)) })
	return &model{slices.CompactFunc(points, func(a, b string) bool {
		return bytes.Equal(version.Key(a), version.Key(b))
	})}
}

// set has a truth for each point: for the i-th version at 2i+1, and for the gaps around it.
type set []bool

func (m *model) set(holds func(at int) bool) set {
	s := m.nothing()
	for i := range s {
		s[i] = holds(i)
	}
	return s
}

// of returns the points of a range.
func (m *model) of(r intel.Range) set {
	return m.set(func(at int) bool {
		switch {
		case at%2 == 1:
			return holds(r, m.points[at/2])
		case r.Exact != "":
			return false
		}
		from := r.Low == "0" || at > 0 && holds(intel.Range{Low: r.Low}, m.points[at/2-1])
		upTo := intel.Range{Low: "0", High: r.High, HighIncluded: true}
		to := r.High == "" || at/2 < len(m.points) && holds(upTo, m.points[at/2])
		return from && to
	})
}

// runs cuts a set into its connected parts.
func (s set) runs() (all []set) {
	for i := 0; i < len(s); i++ {
		if !s[i] {
			continue
		}
		part := make(set, len(s))
		for ; i < len(s) && s[i]; i++ {
			part[i] = true
		}
		all = append(all, part)
	}
	return all
}

func (s set) first() int { return slices.Index(s, true) }
func (s set) last() int  { return len(s) - 1 - slices.Index(reversed(s), true) }
func (s set) and(other set) set {
	both := make(set, len(s))
	for i := range s {
		both[i] = s[i] && other[i]
	}
	return both
}

func (s set) or(other set) set {
	either := make(set, len(s))
	for i := range s {
		either[i] = s[i] || other[i]
	}
	return either
}

func (s set) without(other set) set {
	rest := make(set, len(s))
	for i := range s {
		rest[i] = s[i] && !other[i]
	}
	return rest
}

func reversed(s set) set {
	r := slices.Clone(s)
	slices.Reverse(r)
	return r
}

// said is what one rank of sources says: connected ranges, single versions, what is denied.
type said struct {
	ranges  []set
	singles set
	denied  set
	all     set // the union of ranges
}

func (m *model) nothing() set { return make(set, 2*len(m.points)+1) }

// listen collects what each rank says about a CVE.
func (m *model) listen(records []intel.Record, cve string) []*said {
	ranks := make([]*said, 4)
	for i := range ranks {
		ranks[i] = &said{singles: m.nothing(), denied: m.nothing(), all: m.nothing()}
	}
	rank := map[intel.Authority]int{intel.ByCNA: 0, intel.ByADP: 1, intel.ByOther: 2, intel.ByNVD: 3}
	for _, r := range records {
		a := r.Affected[0]
		if a.CVE != cve || a.Product != "rocket" {
			continue
		}
		at, denied := ranks[rank[a.By]], m.nothing()
		for _, v := range a.Versions {
			if v.Unaffected {
				denied = denied.or(m.of(v))
			}
		}
		at.denied = at.denied.or(denied)
		for _, v := range a.Versions {
			unbounded := v.Exact == "" && v.High == "" && (v.Low == "" || v.Low == "0")
			if v.Unaffected || unbounded && a.By != intel.ByCNA {
				continue
			}
			left := m.of(v).without(denied)
			if v.Exact != "" {
				at.singles = at.singles.or(left)
				continue
			}
			at.ranges = append(at.ranges, left.runs()...)
			at.all = at.all.or(left)
		}
	}
	return ranks
}

func (s *said) hasLow() bool {
	return slices.ContainsFunc(s.ranges, func(r set) bool { return !r[0] })
}

func (s *said) hasHigh() bool {
	return slices.ContainsFunc(s.ranges, func(r set) bool { return !r[len(r)-1] })
}

// affected returns the points that a CVE affects (matching.md, 3.1).
func (m *model) affected(ranks []*said) set {
	upper := slices.IndexFunc(ranks, (*said).hasHigh)
	lower := slices.IndexFunc(ranks, (*said).hasLow)
	result, byRank := m.nothing(), make([]set, len(ranks))
	for i, s := range ranks {
		byRank[i] = m.nothing()
		if (upper < 0 || upper >= i) && (lower < 0 || lower >= i) {
			byRank[i] = s.singles
		}
	}
	base := upper
	if base < 0 {
		base = lower
	}
	switch {
	case base < 0: // whoever says everything
		for i, s := range ranks {
			byRank[i] = byRank[i].or(s.all)
		}
	case lower < 0 || lower == base:
		byRank[base] = byRank[base].or(ranks[base].all)
	default:
		for _, part := range ranks[base].ranges {
			byRank[base] = byRank[base].or(bounded(part, ranks[base].all.runs(), ranks[lower].all.runs(), lower > base))
		}
	}
	for i, affected := range byRank {
		for _, trusted := range ranks[:i] {
			affected = affected.without(trusted.denied)
		}
		result = result.or(affected)
	}
	return result
}

// bounded gives a range of the source that knows the upper bound the lower bounds of another: one
// that is trusted less, whose branches but for the last keep their ends, or one that is trusted more.
func bounded(part set, own, lows []set, less bool) set {
	reach := part
	if less {
		lows = slices.DeleteFunc(slices.Clone(lows), func(l set) bool { return l.first() > part.last() })
		if len(lows) == 0 {
			return part
		}
		last := slices.Clone(lows[len(lows)-1])
		for i := last.last(); i <= part.last(); i++ {
			last[i] = true
		}
		lows[len(lows)-1] = last
	} else if part.first() <= own[0].last() {
		reach = slices.Clone(part)
		for i := range part.last() {
			reach[i] = true
		}
	}
	result := make(set, len(part))
	for _, low := range lows {
		result = result.or(reach.and(low))
	}
	if !less && !slices.Contains(result, true) {
		return part
	}
	return result
}

// drawApart draws records of which no document has two ranges that are open below: they would close
// each other's branches, which the model does not know. The bound 0.0 is 0, and none of "from the first".
var drawApart = rapid.Custom(func(t *rapid.T) []intel.Record {
	type document struct {
		source, cve, product string
		by                   intel.Authority
	}
	records, open := rapid.SliceOfN(drawRecord, 1, 8).Draw(t, "records"), map[document]bool{}
	for _, r := range records {
		a := &r.Affected[0]
		d := document{r.Source, a.CVE, a.Product, a.By}
		for i := range a.Versions {
			if v := &a.Versions[i]; v.Low == "0" && v.High != "" && !v.Unaffected {
				if open[d] {
					v.Low = "0.0"
				}
				open[d] = true
			}
		}
	}
	return records
})

// TestCompiledRulesAreTheRanges is the law of matching: intervals of places give the same result
// as weighing sets of versions by the letter.
func TestCompiledRulesAreTheRanges(t *testing.T) {
	m := newModel()
	rapid.Check(t, func(rt *rapid.T) {
		records := drawApart.Draw(rt, "records")
		at := rapid.IntRange(0, len(m.points)-1).Draw(rt, "installed")
		v := build(t, catalog.Config{}, records...).Verdict(windows("Acme", "Rocket", m.points[at]))
		var got, want []string
		for _, h := range v.Hits {
			got = append(got, h.CVE)
		}
		for i := range 4 {
			cve := fmt.Sprintf("CVE-2024-%04d", i)
			if m.affected(m.listen(records, cve))[2*at+1] {
				want = append(want, cve)
			}
		}
		if !slices.Equal(got, want) {
			rt.Fatalf("%s: got %q, want %q", m.points[at], got, want)
		}
	})
}
