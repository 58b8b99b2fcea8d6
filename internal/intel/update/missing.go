package update

import (
	"cmp"
	"slices"
	"strings"
)

// Lacking is an update that a device lacks, with the CVEs, by number, that it would fix there, by itself or by what it
// replaces.
type Lacking struct {
	Update
	CVEs []uint32
}

// Lacking returns the fewest updates, the newest of those that replace each other, that fix those CVEs of a device
// that updates fix; what fixes most is first. affected are its CVEs, by number, ascending.
func (s *State) Lacking(affected []uint32) []Lacking {
	type candidate struct {
		at   int
		cves []uint32
	}
	var all []candidate
	open := s.fixesOf(affected)
	for i := range s.updates {
		if s.statuses[i] == Installed || s.updates[i].feed == "" {
			continue
		}
		c := candidate{at: i}
		for _, f := range open {
			if slices.ContainsFunc(f.by, func(by int) bool { return s.brings(i, by) }) {
				c.cves = append(c.cves, f.cve)
			}
		}
		if len(c.cves) > 0 {
			all = append(all, c)
		}
	}
	slices.SortFunc(all, func(x, y candidate) int {
		m, n := &s.updates[x.at], &s.updates[y.at]
		return cmp.Or(-cmp.Compare(len(x.cves), len(y.cves)), -m.Published.Compare(n.Published),
			-cmp.Compare(m.reach, n.reach), strings.Compare(m.ID, n.ID))
	})
	var list []Lacking
	fixed := map[uint32]bool{}
	for _, c := range all {
		before := len(fixed)
		for _, cve := range c.cves {
			fixed[cve] = true
		}
		if len(fixed) > before {
			list = append(list, Lacking{s.updates[c.at].Update, c.cves})
		}
	}
	return list
}

// fixesOf lists the CVEs of a device that updates fix.
func (s *State) fixesOf(affected []uint32) (open []*fix) {
	for i := range s.fixes {
		if _, ok := slices.BinarySearch(affected, s.fixes[i].cve); ok {
			open = append(open, &s.fixes[i])
		}
	}
	return open
}

// brings reports whether an update has what another one fixes.
func (b *Branch) brings(at, other int) bool {
	m, n := &b.updates[at], &b.updates[other]
	return m.replaces.has(other) ||
		m.cumulative && n.covered && !n.Published.IsZero() && !n.Published.After(m.Published)
}
