package coverage_test

import (
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
)

var today = time.Date(2026, 11, 28, 12, 0, 0, 0, time.UTC)

func TestOld(t *testing.T) {
	ago := func(days int) time.Time { return today.AddDate(0, 0, -days) }
	feed := func(name string, kind intel.Kind, newest time.Time, ecosystems ...string) coverage.Feed {
		f := coverage.Feed{Name: name, Kind: kind, Newest: newest}
		for _, e := range ecosystems {
			f.Ecosystems = append(f.Ecosystems, coverage.Ecosystem{Name: e})
		}
		return f
	}
	got := coverage.Old([]coverage.Dated{
		{Feed: feed("fetched today, though its source stands still", intel.CVE5, ago(90)), Fetched: ago(0)},
		{Feed: feed("not fetched for long", intel.CVE5, ago(8)), Fetched: ago(8)},
		{Feed: feed("imported today, a year old", intel.NVD, ago(365)), Imported: ago(0)},
		{Feed: feed("imported today, of today", intel.NVD, ago(0)), Imported: ago(0)},
		{Feed: feed("of a quiet ecosystem", intel.OSV, ago(90), "Hackage"), Imported: ago(3)},
		{Feed: feed("of a quiet ecosystem, long ago", intel.OSV, ago(90), "Hackage"), Imported: ago(30)},
		{Feed: feed("of a busy ecosystem", intel.OSV, ago(9), "Debian:12"), Imported: ago(0)},
		{Feed: feed("of tomorrow, imported long ago", intel.NVD, ago(-1)), Imported: ago(9)},
		{Feed: feed("a month of support", intel.EOL, ago(29)), Imported: ago(0)},
		{Feed: feed("more", intel.EOL, ago(31)), Imported: ago(0)},
		{Feed: feed("updates before the last", intel.MSRC, ago(44)), Imported: ago(0)},
		{Feed: feed("older updates", intel.MSRC, ago(46)), Imported: ago(0)},
		{Feed: feed("undated", intel.NVD, time.Time{})},
		{Feed: feed("of no kind", "", ago(900)), Imported: ago(900)},
	}, today, coverage.DefaultLimits())
	want := []string{"imported today, a year old", "more", "not fetched for long", "of a busy ecosystem",
		"of a quiet ecosystem, long ago", "of tomorrow, imported long ago", "older updates"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if old := coverage.Old([]coverage.Dated{{Feed: feed("a", intel.NVD, ago(900))}}, today, coverage.Limits{}); old != nil {
		t.Errorf("without limits %q are old", old)
	}
}

// TestAged: what one old feed assessed is partly assessed; nothing else changes.
func TestAged(t *testing.T) {
	names := []string{"a", "b", "c"}
	rapid.Check(t, func(rt *rapid.T) {
		feeds := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 1, 3, rapid.ID[string]).Draw(rt, "feeds")
		old := rapid.SliceOfNDistinct(rapid.SampledFrom(names), 0, 3, rapid.ID[string]).Draw(rt, "old")
		slices.Sort(feeds)
		slices.Sort(old)
		before := rapid.SampledFrom([]coverage.Answer{
			{State: coverage.Assessed, Feeds: feeds}, {State: coverage.Partly, Reason: coverage.FeedPart, Feeds: feeds},
			{Reason: coverage.NoProductCode},
		}).Draw(rt, "before")
		want := before
		anyOld := slices.ContainsFunc(feeds, func(f string) bool { return slices.Contains(old, f) })
		if before.State == coverage.Assessed && anyOld {
			want.State, want.Reason = coverage.Partly, coverage.FeedOld
		}
		if diff := cmp.Diff(want, before.Aged(old)); diff != "" {
			rt.Fatalf("%q of which %q are old (-want +got):\n%s", feeds, old, diff)
		}
	})
}

// TestNamesAreDistinct: files and replies have names of states and reasons.
func TestNamesAreDistinct(t *testing.T) {
	seen := map[string]bool{}
	for r := range coverage.Reason(coverage.ReasonCount) {
		if seen[r.String()] || r.String() == "unknown" || r != coverage.NoReason && r.Explain() == "" {
			t.Errorf("reason %d: %q, %q", r, r, r.Explain())
		}
		seen[r.String()] = true
	}
	if coverage.Reason(200).String() != "unknown" || coverage.State(200).String() != "unknown" {
		t.Error("a number of no reason has a name")
	}
}
