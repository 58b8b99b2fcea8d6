package store_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/counted"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// Counts are stored with their snapshot, are read in a scope from the one before a time on, and go by age.
func TestCountsOfSnapshots(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		publish := func(now time.Time, c *counted.Counts) publication.Snapshot {
			t.Helper()
			g := begin(t, s, now)
			ref := manifest(g.Number)
			ref.Counted = c
			snapshot, err := owner(t, s).Seal(t.Context(), g.Number, ref, now)
			must(t, err)
			return snapshot
		}
		of := func(critical, fresh int64) *trend.Counts {
			return &trend.Counts{Devices: 1, Severities: counts.Severities{Critical: critical}, New: fresh}
		}
		first := publish(noon, &counted.Counts{Groups: trend.ByGroup{0: of(1, 1), 7: of(2, 2)}})
		publish(noon.Add(time.Hour), &counted.Counts{Previous: first.Number, Groups: trend.ByGroup{0: of(4, 3), 7: of(2, 0)}})
		publish(noon.Add(2*time.Hour), nil) // of an older program
		publish(noon.Add(3*time.Hour), &counted.Counts{Previous: 3, Groups: trend.ByGroup{0: of(5, 1)},
			Opened: trend.AgesByGroup{0: {20_000: 5}}})

		type told struct{ Number, Previous, Findings, New int64 }
		check := func(what string, since time.Time, groups func(int64) bool, want ...told) {
			t.Helper()
			all, err := s.Counted.Since(t.Context(), org, since, groups)
			must(t, err)
			var got []told
			for i := range all {
				got = append(got, told{all[i].Number, all[i].Previous, all[i].Findings(), all[i].New})
			}
			equal(t, what, got, want)
		}
		seven := func(group int64) bool { return group == 7 }
		opened, err := s.Counted.Opened(t.Context(), org, 4)
		must(t, err)
		equal(t, "ages", opened, trend.AgesByGroup{0: {20_000: 5}})
		opened, err = s.Counted.Opened(t.Context(), org, 2)
		must(t, err)
		equal(t, "ages of an older one", opened, trend.AgesByGroup(nil))
		check("all groups", time.Time{}, nil, told{1, 0, 3, 3}, told{2, 1, 6, 3}, told{4, trend.Anew, 5, 1})
		check("one group", time.Time{}, seven, told{1, 0, 2, 2}, told{2, 1, 2, 0}, told{4, trend.Anew, 0, 0})
		check("no group", noon.Add(time.Hour), func(int64) bool { return false },
			told{1, 0, 0, 0}, told{2, 1, 0, 0}, told{4, trend.Anew, 0, 0})
		check("from a time on, and the one before", noon.Add(2*time.Hour), seven, told{2, 1, 2, 0}, told{4, trend.Anew, 0, 0})
		must(t, s.Counted.Prune(t.Context(), org, noon.Add(time.Hour)))
		check("what is left", time.Time{}, seven, told{2, 1, 2, 0}, told{4, trend.Anew, 0, 0})
		must(t, s.Counted.Prune(t.Context(), org, time.Time{}))
		check("in doubt", time.Time{}, seven, told{2, 1, 2, 0}, told{4, trend.Anew, 0, 0})
	})
}
