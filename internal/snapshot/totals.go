package snapshot

import (
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot/tallied"
)

// Totals counts what is exported; hidden devices are only counted as such. The changes include
// those of devices that were just hidden, under the group they left. Only groups for which groups
// is true are counted, nil for all; hidden devices are in none of them.
func (m *Manifest) Totals(groups func(group int64) bool) counts.Snapshot {
	t := counts.Snapshot{Rows: map[string]int64{}, Changes: map[string]counts.Changes{}, RemovedFeeds: m.RemovedFeeds}
	var rows [defender.DatasetCount]int64
	var changes [defender.DatasetCount]counts.Changes
	var sum coverage.Sum
	for i := range m.Ranges {
		r := &m.Ranges[i]
		if groups != nil && !groups(r.Group) {
			continue
		}
		if r.Group == rbac.HiddenGroup {
			t.Hidden += r.Devices
			continue
		}
		t.Devices += r.Devices
		t.Severities.Add(r.Severities)
		sum.AddSum(&r.Coverage)
		t.Bytes += r.Bytes
		for d, n := range r.Rows {
			if rows[d] += n; n > 0 {
				t.Parts++
			}
		}
	}
	if m.Version == 0 || m.Version >= hasCoverage {
		t.Coverage = tallied.Counts(&sum, t.Devices)
		t.Coverage.Checks = m.Checks.Sum(func(group int64) bool {
			return group != rbac.HiddenGroup && (groups == nil || groups(group))
		})
	}
	sums := m.groups
	if m.deltas != nil {
		sums = m.sum(m.deltas)
	}
	for i := range sums {
		g := &sums[i]
		if g.group == rbac.HiddenGroup || groups != nil && !groups(g.group) {
			continue
		}
		for d := range changes {
			changes[d].Add(g.changes[d])
		}
		t.Unassessed += g.unassessed
		t.Truncated += g.truncated
	}
	t.FixedFindings = m.Fixed.Sum(groups)
	t.Excepted = m.Excepted.Sum(groups)
	t.Compliance = m.Compliance.Sum(groups)
	for d := range m.datasets() { // those of its version: the database has what that program counted
		name := defender.Dataset(d).String()
		t.Rows[name], t.Changes[name] = rows[d], changes[d]
	}
	return t
}

// sum sums up deltas by group.
func (m *Manifest) sum(own *deltas) (sums []groupDelta) {
	for i := range own.ranges {
		of := &own.ranges[i]
		if of.number >= len(m.Ranges) {
			continue
		}
		group := m.Ranges[of.number].Group
		if n := len(sums); n == 0 || sums[n-1].group != group {
			sums = append(sums, groupDelta{group: group})
		}
		s := &sums[len(sums)-1]
		for set := range of.changes {
			s.changes[set].Add(of.changes[set])
		}
		s.unassessed += of.unassessed
		s.truncated += of.truncated
	}
	return sums
}
