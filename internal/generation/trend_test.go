package generation_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/publication"
)

// exploited are the CVEs of the list that someList imports.
var exploited = []string{"CVE-2024-0001", "CVE-2024-0003", "CVE-2024-0004"}

// someList imports a list of exploited CVEs.
func (h *history) someList(t *rapid.T) {
	h.TB = t
	h.listed = rapid.SliceOfNDistinct(rapid.SampledFrom(exploited), 1, 3, rapid.ID).Draw(t, "exploited")
	h.list(h.listed)
}

// list imports a list of exploited CVEs.
func (l *lab) list(cves []string) {
	l.Helper()
	text := ""
	for _, id := range cves {
		text += fmt.Sprintf(`,{"cveID":%q,"dateAdded":"2026-11-01","dueDate":"2026-12-01","knownRansomwareCampaignUse":"Unknown"}`, id)
	}
	if err := l.imported(library.Import{Kind: intel.KEV, Name: "kev", AllowShrink: true, Replace: true, Files: oneFile(
		"known_exploited_vulnerabilities.json", `{"vulnerabilities":[`+text[1:]+`]}`)}); err != nil {
		l.Fatal(err)
	}
}

// someRebuild makes everything anew: what changed is unknown then, and what is there is counted all the same.
func (h *history) someRebuild(t *rapid.T) {
	h.TB = t
	s, err := h.publisher.Rebuild(h.ctx, org).Wait(h.ctx)
	if err != nil {
		t.Fatal(err)
	}
	h.checkTrend(s, true)
	h.checkNotices(s, true)
	h.last = &s
}

// checkTrend compares the counts that are kept with those of a scan of the rows, for every set of groups, and checks
// that they add up: F(before) + new - fixed = F, severities to findings, coverage to devices.
func (h *history) checkTrend(s publication.Snapshot, anew bool) {
	h.Helper()
	before, listed := h.last, h.listed
	rows, delta := h.rows(s, defender.Vulnerabilities, false), h.rows(s, defender.Vulnerabilities, true)
	devices, err := answer.New(h.files).Of(h.manifest(s), nil).Devices(h.ctx, answer.Page{Limit: 1000})
	if err != nil {
		h.Fatal(err)
	}
	opened, err := h.store.Counted.Opened(h.ctx, org, s.Number)
	if err != nil {
		h.Fatal(err)
	}
	for set := range 1<<(len(groups)+1) + 1 {
		within := func(group int64) bool { return set>>group&1 == 1 }
		if set == 1<<(len(groups)+1) { // whoever sees all groups reads other bytes
			within = nil
		}
		in := func(group any) bool { return within == nil || within(int64(group.(float64))) }
		points, err := h.store.Counted.Since(h.ctx, org, time.Time{}, within)
		if err != nil {
			h.Fatal(err)
		}
		got := points[len(points)-1]
		if got.Number != s.Number || !got.Generated.Equal(s.Generated) || !got.Begun.Equal(s.Begun) {
			h.Fatalf("the counts are of snapshot %d at %v, want %d at %v", got.Number, got.Generated, s.Number, s.Generated)
		}
		want, firsts := trend.Counts{}, trend.Ages{}
		for _, row := range rows {
			if !in(row["RbacGroupId"]) {
				continue
			}
			first, err := time.Parse(time.DateTime, row["FirstSeenTimestamp"].(string))
			if err != nil {
				h.Fatal(err)
			}
			firsts[trend.DayOf(first)]++
			severity, _ := row["VulnerabilitySeverityLevel"].(string)
			want.Severities.Count(severity)
			if level := row["ExploitabilityLevel"]; level != nil && level != "" && level != defender.NoExploit {
				want.Exploited++
			}
			if slices.Contains(listed, row["CveId"].(string)) {
				want.KEV++
			}
		}
		for _, d := range devices.Rows {
			if within != nil && !within(d.Group) {
				continue
			}
			want.Devices++
			if s.Begun.Sub(d.LastSeen) >= defender.InactiveDays*day {
				want.Silent++
			}
		}
		weights := h.manifest(s).Compliance.Sum(within)
		want.Weight = weights.Sum()
		if want.Assessed, want.Partly, want.NotAssessed = got.Assessed, got.Partly, got.NotAssessed; got.Assessed+got.Partly+
			got.NotAssessed != want.Devices {
			h.Fatalf("%d devices: %+v", want.Devices, got.Counts)
		}
		want.Unknown = got.Unknown &^ trend.Changes // KEV without a list
		fixed := int64(0)
		for _, row := range delta {
			switch status := row["Status"]; {
			case anew || !in(row["RbacGroupId"]):
			case status == string(defender.New):
				want.New++
			case status == string(defender.Fixed):
				fixed++
			}
		}
		ages := trend.Ages{}
		for group, of := range opened {
			if within == nil || within(group) {
				ages.Add(of, 1)
			}
		}
		if diff := cmp.Diff(firsts, ages); diff != "" {
			h.Fatalf("groups %b: findings by first day (-rows +kept):\n%s", set, diff)
		}
		want.Fixed, want.Mended = got.Fixed, got.Mended
		if anew {
			want.Unknown |= trend.Changes
		}
		if diff := cmp.Diff(want, got.Counts); diff != "" {
			h.Fatalf("groups %b: the counts are not those of the rows (-rows +counts):\n%s", set, diff)
		}
		if got.Fixed.Sum() != fixed || got.Mended.Sum() != got.Fixed.OnDevice ||
			got.Devices > 0 && got.Lacks(trend.KEV) == (len(listed) > 0) {
			h.Fatalf("groups %b: %d are Fixed, of %d CVEs in the list: %+v", set, fixed, len(listed), got.Counts)
		}
		old := int64(0)
		if len(points) > 1 {
			old = points[len(points)-2].Findings()
		}
		if !anew && (got.Lacks(trend.Changes) || old+got.New-got.Fixed.Sum() != got.Findings() ||
			before != nil && got.Previous != before.Number) {
			h.Fatalf("groups %b: %d findings, then %+v from snapshot %d", set, old, got.Counts, got.Previous)
		}
	}
}

// How long findings were open is told of those that were mended on the device, and of no others.
func TestTimeToRemediate(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:2]...)
	l.report(host(1, "90.0"), host(2, "90.0"), host(3, "90.0"))
	l.publish()
	l.later(3 * day)
	l.report(host(1, "110.0"), host(2, "90.0"), host(3, "90.0")) // one of two is mended, one is of another version
	l.publish()
	l.later(10*day + time.Hour)
	if err := l.store.Reports.RemoveDevice(l.ctx, org, host(2, "").Device.ID); err != nil {
		t.Fatal(err)
	}
	l.report(host(1, "130.0"), host(3, "90.0"))
	l.publish()
	points, err := l.store.Counted.Since(l.ctx, org, time.Time{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(trend.Durations{3: 2, 13: 1}, trend.Mended(points, time.Time{})); diff != "" {
		t.Errorf("days (-want +got):\n%s", diff)
	}
	want := counts.Fixed{OnDevice: 1, DeviceGone: 2}
	if got := points[2].Fixed; got != want {
		t.Errorf("fixed %+v, want %+v", got, want)
	}
}

// Counts outlive the snapshot, and go after their time; the newest snapshots and the others have theirs.
func TestTrendIsKeptFor400Days(t *testing.T) {
	settings := generation.DefaultSettings()
	settings.HideAfter, settings.ForgetAfter = 1000*day, 1000*day
	l := labAt(t, t.TempDir(), settings)
	l.learn(weaknesses[0])
	l.report(host(1, "90.0"))
	first := l.publish()
	for range 3 {
		l.later(30 * day)
		l.report(host(1, "90.0"))
		l.publish()
	}
	numbers := func() (all []int64) {
		points, err := l.store.Counted.Since(l.ctx, org, time.Time{}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range points {
			all = append(all, p.Number)
		}
		return all
	}
	if _, err := l.store.Publication.Snapshot(l.ctx, org, first.Number); err == nil {
		t.Error("the first snapshot is not pruned")
	}
	if got := numbers(); !slices.Equal(got, []int64{1, 2, 3, 4}) {
		t.Errorf("counts of %d", got)
	}
	l.later(311 * day) // 401 after the first
	l.report(host(1, "90.0"))
	l.publish()
	if got := numbers(); !slices.Equal(got, []int64{2, 3, 4, 5}) {
		t.Errorf("after 401 days: counts of %d", got)
	}
}

// The ages of findings follow devices that change, come, leave and move while others are copied.
func TestAgesFollowDevices(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[:2]...)
	l.setRules(rbac.Rule{Group: "North", Tag: "new"})
	today := trend.DayOf(noon)
	check := func(what string, want trend.AgesByGroup) {
		t.Helper()
		opened, err := l.store.Counted.Opened(l.ctx, org, l.publish().Number)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, opened); diff != "" {
			t.Errorf("%s (-want +got):\n%s", what, diff)
		}
		l.later(time.Hour)
	}
	l.report(host(1, "90.0"), host(2, "90.0"), host(3, "90.0"), host(4, "90.0"))
	check("all", trend.AgesByGroup{0: {today: 8}})
	l.report(host(1, "110.0"))
	check("one is mended in part", trend.AgesByGroup{0: {today: 7}})
	if err := l.store.Reports.RemoveDevice(l.ctx, org, host(2, "").Device.ID); err != nil {
		t.Fatal(err)
	}
	l.report(host(5, "90.0"))
	check("one left, one came", trend.AgesByGroup{0: {today: 7}})
	l.report(tagged(host(3, "90.0")))
	check("one moved", trend.AgesByGroup{0: {today: 5}, 1: {today: 2}})
	check("nothing", trend.AgesByGroup{0: {today: 5}, 1: {today: 2}})
	l.later(day)
	l.report(host(6, "90.0"))
	check("a day later", trend.AgesByGroup{0: {today: 5, today + 1: 2}, 1: {today: 2}})
}
