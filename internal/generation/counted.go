package generation

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/counted"
)

// count counts what is kept of a snapshot for longer than the snapshot (decision 154). A count that cannot be made,
// because an older program made a range or a file is damaged, is marked as unknown.
func (c *conductor) count(ctx context.Context, m *snapshot.Manifest, ranges []*snapshot.Made,
	heads answer.Heads) (*counted.Counts, error) {
	all := &counted.Counts{Previous: m.Previous, Groups: trend.ByGroup{}}
	if c.Pin.Rebuild || m.Previous == snapshot.BeganAnew {
		all.Previous = trend.Anew
	}
	for _, made := range ranges {
		if made.Group == rbac.HiddenGroup || made.Devices == 0 && len(made.Delta.Changes) == 0 {
			continue
		}
		of := all.Groups[made.Group]
		if of == nil {
			of = &trend.Counts{}
			all.Groups[made.Group] = of
		}
		countRange(of, made, all.Previous == trend.Anew)
	}
	if err := c.countSilent(m, all.Groups); err != nil {
		return nil, err
	}
	c.countHeads(all.Groups, heads)
	for group, categories := range m.Compliance {
		if of := all.Groups[group]; of != nil {
			of.Weight = categories.Sum()
		}
	}
	known := trend.AgesByGroup{}
	if all.Previous > 0 {
		var err error
		if known, err = c.store.Counted.Opened(ctx, c.Organization, all.Previous); err != nil {
			return nil, err
		}
	}
	all.Opened = openedBy(ranges, known, all.Groups)
	return all, nil
}

// openedBy returns the ages of the findings of each group: those of all its devices, if none was copied, else those
// that are known of the snapshot before with what changed. Ages that do not add up to the findings are not known.
func openedBy(ranges []*snapshot.Made, before trend.AgesByGroup, groups trend.ByGroup) trend.AgesByGroup {
	all, copied := trend.AgesByGroup{}, map[int64]bool{}
	for _, made := range ranges {
		copied[made.Group] = copied[made.Group] || made.Delta.Opened.Copied
	}
	for _, made := range ranges {
		if groups[made.Group] == nil {
			continue
		}
		of := all[made.Group]
		if of == nil {
			of = trend.Ages{}
			all[made.Group] = of
			if copied[made.Group] {
				of.Add(before[made.Group], 1)
			}
		}
		of.Add(made.Delta.Opened.New, 1)
		if copied[made.Group] {
			of.Add(made.Delta.Opened.Gone, -1)
		}
	}
	for group, of := range all {
		if !of.Sound(groups[group].Findings()) {
			delete(all, group)
		}
	}
	return all
}

// countRange adds what is known of a range that was made.
func countRange(of *trend.Counts, made *snapshot.Made, anew bool) {
	of.Devices += made.Devices
	of.Severities.Add(made.Severities)
	covered := made.Coverage.Devices
	of.Assessed += covered.Of(coverage.Assessed)
	of.Partly += covered.Of(coverage.Partly)
	of.NotAssessed += covered.Of(coverage.NotAssessed)
	if covered.Sum() != made.Devices {
		of.Unknown |= trend.Coverage
	}
	changes := made.Delta.Changes[defender.Vulnerabilities.String()]
	if anew || made.Delta.Fixed.Sum() != changes.Fixed { // an older program made it, and did not count why
		of.Unknown |= trend.Changes
		return
	}
	of.New += changes.New
	of.Fixed.Add(made.Delta.Fixed)
	of.Mended = of.Mended.With(made.Delta.Mended)
}

// countHeads counts findings by what heads say of them.
func (c *conductor) countHeads(by trend.ByGroup, heads answer.Heads) {
	known := c.CVEs()
	unknown := trend.Unknown(0)
	if heads == nil {
		unknown = trend.Exploited | trend.Weight | trend.KEV
	} else if !known.HasKEV() {
		unknown = trend.KEV
	}
	for _, of := range by {
		of.Unknown |= unknown
	}
	listed := func(id string) bool {
		n, ok := known.Find(id)
		return ok && known.At(n).KEV.Listed
	}
	heads.Count(listed, func(group, exploited, findings int64) {
		if of := by[group]; of != nil {
			of.Exploited, of.KEV = exploited, findings
		}
	})
}

// countSilent counts devices that were not seen for so long that they are inactive.
func (c *conductor) countSilent(m *snapshot.Manifest, by trend.ByGroup) error {
	inactive := m.Begun.Add(-defender.InactiveDays * 24 * time.Hour).UnixMilli()
	seen, err := c.hold.seen.of(c.files, m)
	if err != nil {
		return fmt.Errorf("counting silent devices: %w", err)
	}
	for i := range m.Ranges {
		r := &m.Ranges[i]
		of := by[r.Group]
		if of == nil || r.Devices == 0 {
			continue
		}
		times, ok := seen[r.Index.Path]
		if !ok {
			of.Unknown |= trend.Silent
			continue
		}
		n, _ := slices.BinarySearch(times, inactive+1)
		of.Silent += int64(n)
	}
	return nil
}
