// Package remedy says to which version to update software, so that findings are gone: one version, or of Windows
// one for each build.
package remedy

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/catalog"
)

// Remedies are what mends a product. The zero value mends nothing. They serve one caller at a time.
type Remedies struct {
	lines []*line
}

// line is what is installed of a line of a product (catalog.Line).
type line struct {
	*catalog.Line
	found []found
}

// found is a component on some devices, with CVEs in ascending order.
type found struct {
	at      catalog.At
	cves    []string
	devices int64
}

// Target is a version, and how many findings it removes.
type Target struct {
	Version  string
	Findings int64
}

// Add adds a component that some devices have, with its CVEs in ascending order. It reports whether the component has a
// version by which something may be named.
func (r *Remedies) Add(c *catalog.Catalog, component catalog.Component, cves []string, devices int64) bool {
	of, at := catalog.LineOf(c, component)
	if of == nil {
		return false
	}
	i := slices.IndexFunc(r.lines, func(l *line) bool { return l.Key == of.Key })
	if i < 0 {
		i = len(r.lines)
		r.lines = append(r.lines, &line{Line: of})
	}
	r.lines[i].found = append(r.lines[i].found, found{at, cves, devices})
	return true
}

// Targets lists the lowest versions at which no finding is left that a known version removes, those that remove most
// first. Findings that are not counted have none.
func (r *Remedies) Targets() []Target {
	return r.targets(func(f *found) []string { return f.cves })
}

// For lists the lowest versions without one CVE.
func (r *Remedies) For(cve string) []Target {
	one := []string{cve}
	return r.targets(func(f *found) []string {
		if _, has := slices.BinarySearch(f.cves, cve); !has {
			return nil
		}
		return one
	})
}

func (r *Remedies) targets(wanted func(*found) []string) (all []Target) {
	for _, l := range r.lines {
		var at []catalog.At
		var cves []string
		for i := range l.found {
			if own := wanted(&l.found[i]); len(own) > 0 {
				at, cves = append(at, l.found[i].at), append(cves, own...)
			}
		}
		slices.Sort(cves)
		m := l.Mend(at, slices.Compact(cves))
		one := Target{Version: m.Version}
		for i := range l.found {
			one.Findings += l.found[i].devices * int64(missing(wanted(&l.found[i]), m.Left))
		}
		if one.Version != "" && one.Findings > 0 {
			all = append(all, one)
		}
	}
	slices.SortFunc(all, func(a, b Target) int {
		return cmp.Or(cmp.Compare(b.Findings, a.Findings), strings.Compare(a.Version, b.Version))
	})
	return all
}

// missing counts the texts that are not in a sorted list.
func missing(texts, sorted []string) (n int) {
	for _, text := range texts {
		if _, there := slices.BinarySearch(sorted, text); !there {
			n++
		}
	}
	return n
}
