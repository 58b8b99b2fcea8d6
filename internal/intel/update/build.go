package update

import (
	"cmp"
	"maps"
	"math"
	"slices"
)

// findBuilds gives updates their builds: those that the feeds name, else those with which records say that most of
// their CVEs are fixed. Of a release whose builds say nothing they have none.
func (b *Branch) findBuilds() {
	support := make([]int, len(b.updates))
	for i := range b.updates {
		n := &b.updates[i]
		switch {
		case !b.IsCumulative():
			n.revision = 0
		case n.revision > 0:
			support[i] = math.MaxInt32
		default:
			n.revision, support[i] = b.mostFixedIn(n)
		}
	}
	b.keepAscending(support)
}

// mostFixedIn returns the build in which records say that most of an update's CVEs are fixed, and of how many they
// do; 0 if they do not agree.
func (b *Branch) mostFixedIn(n *node) (revision, count int) {
	counts, known := map[int]int{}, 0
	for cve := range n.cves {
		if fixed := b.FixedIn[cve]; fixed > 0 {
			counts[fixed]++
			known++
		}
	}
	for _, fixed := range slices.Sorted(maps.Keys(counts)) {
		if counts[fixed] > count {
			revision, count = fixed, counts[fixed]
		}
	}
	if 2*count < known {
		return 0, 0
	}
	return revision, count
}

// keepAscending takes the builds away from cumulative updates that do not ascend by day: Microsoft adds CVEs to
// later updates, of which records name the earlier build. The builds that most CVEs support stay.
func (b *Branch) keepAscending(support []int) {
	var order []int
	for i := range b.updates {
		if n := &b.updates[i]; n.cumulative && n.revision > 0 && !n.Published.IsZero() {
			order = append(order, i)
		}
	}
	slices.SortFunc(order, func(x, y int) int {
		m, n := &b.updates[x], &b.updates[y]
		return cmp.Or(m.Published.Compare(n.Published), cmp.Compare(m.revision, n.revision), cmp.Compare(m.ID, n.ID))
	})
	best, before := make([]int, len(order)), make([]int, len(order)) // of the chains that end in each
	last := -1
	for i, at := range order {
		best[i], before[i] = support[at], -1
		for k := range i {
			if sum := best[k] + support[at]; b.ascends(order[k], at) && sum > best[i] {
				best[i], before[i] = sum, k
			}
		}
		if last < 0 || best[i] > best[last] {
			last = i
		}
	}
	kept := newSet(len(b.updates))
	for ; last >= 0; last = before[last] {
		kept.add(order[last])
	}
	for _, at := range order {
		if !kept.has(at) {
			b.updates[at].revision = 0
		}
	}
}

// ascends reports whether an update that is not earlier than another one has a build as later updates have: a higher
// one, or of the same day the same.
func (b *Branch) ascends(earlier, at int) bool {
	m, n := &b.updates[earlier], &b.updates[at]
	return m.revision < n.revision || m.revision == n.revision && m.Published.Equal(n.Published)
}
