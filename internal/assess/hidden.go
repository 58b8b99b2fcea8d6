package assess

import (
	"iter"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/except"
)

// Decisions lists what exceptions decide about the components of a device, by their keys.
func (a *Assessor) Decisions(keys iter.Seq[string], at except.Place) (all []Decision, err error) {
	if a.excepted == nil {
		return nil, nil
	}
	for key := range keys {
		component, err := ParseComponentKey(key)
		if err != nil {
			return nil, err
		}
		for _, m := range a.excepted.of(a.catalog, component, key) {
			if by := m.rules.Decide(at); by != nil {
				v := a.catalog.Verdict(component)
				all = append(all, Decision{key, v.Vendor, v.Name, v.Version, m.cve, by})
			}
		}
	}
	return all, nil
}

// rule returns the exception that decides about a finding of the component; nil if none does.
func (r *rendering) rule(cve string, at except.Place) *except.Exception {
	i, ok := slices.BinarySearchFunc(r.excepted, cve, func(m match, cve string) int { return strings.Compare(m.cve, cve) })
	if !ok {
		return nil
	}
	return r.excepted[i].rules.Decide(at)
}

// mayBeMarked reports whether an exception, of any scope, marks a finding of the component.
func (r *rendering) mayBeMarked(cve string) bool {
	return slices.ContainsFunc(r.excepted, func(m match) bool {
		return m.cve == cve && slices.ContainsFunc(m.rules, (*except.Exception).Marks)
	})
}

// without returns the findings of a group without those that exceptions hide, each CVE once, in order. A CVE
// that is hidden in one component stays if another has it, and is marked only if all are.
func (g softwareGroup) without(buf *[]finding, of func(*rendering) []finding, at except.Place) []finding {
	all := (*buf)[:0]
	for i, e := range g {
		if slices.ContainsFunc(g[:i], func(other entry) bool { return other.rendering == e.rendering }) {
			continue
		}
		for _, f := range of(e.rendering) {
			switch by := e.rule(f.cve, at); {
			case by == nil:
			case by.Hides():
				continue
			case by.Marks():
				f.piece, f.isMarked = *f.marked, true
			}
			all = append(all, f)
		}
	}
	slices.SortStableFunc(all, func(x, y finding) int {
		if order := strings.Compare(x.cve, y.cve); order != 0 || x.isMarked == y.isMarked {
			return order
		}
		if y.isMarked {
			return -1
		}
		return 1
	})
	all = slices.CompactFunc(all, func(x, y finding) bool { return x.cve == y.cve })
	*buf = all
	return all
}

// isExcepted reports whether exceptions, of any scope, match findings of a group.
func (g softwareGroup) isExcepted() bool {
	return slices.ContainsFunc(g, func(e entry) bool { return e.excepted != nil })
}

// isHidden reports whether exceptions hide CVEs of a group at a place. Such software is not clean: what
// is accepted is still there.
func (g softwareGroup) isHidden(at except.Place) bool {
	return slices.ContainsFunc(g, func(e entry) bool {
		return slices.ContainsFunc(e.findings, func(f finding) bool {
			by := e.rule(f.cve, at)
			return by != nil && by.Hides()
		})
	})
}
