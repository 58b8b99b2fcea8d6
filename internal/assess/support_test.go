package assess_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/support"
	"github.com/muster-project/muster/internal/row"
)

// TestEndOfSupport says which end is shown for a release line and a product, and when that changes
// next (matching.md, section 3.4).
func TestEndOfSupport(t *testing.T) {
	const window = 180 * 24 * time.Hour
	none, ended := support.End{}, support.End{Ended: true}
	on := func(at time.Time) support.End { return support.End{At: at} }
	day := func(days int) time.Time { return noon.AddDate(0, 0, days) }
	for _, test := range []struct {
		what                   string
		versionEnd, productEnd support.End
		status                 string
		date, next             time.Time
	}{
		{"none known", none, none, "", time.Time{}, time.Time{}},
		{"version, far away", on(day(181)), none, "", time.Time{}, day(1)},
		{"version, a moment before the window", on(day(180).Add(time.Nanosecond)), none, "", time.Time{},
			noon.Add(time.Nanosecond)},
		{"version, as the window begins", on(day(180)), none, defender.VersionEnding, day(180), day(180)},
		{"version, a moment before the end", on(noon.Add(time.Nanosecond)), none, defender.VersionEnding,
			noon.Add(time.Nanosecond), noon.Add(time.Nanosecond)},
		{"version, at the end", on(noon), none, defender.VersionEnded, noon, time.Time{}},
		{"version, long ago", on(day(-900)), none, defender.VersionEnded, day(-900), time.Time{}},
		{"version, without a date", ended, none, defender.VersionEnded, time.Time{}, time.Time{}},
		{"version, marked before its date", support.End{Ended: true, At: day(5)}, none,
			defender.VersionEnded, day(5), time.Time{}},
		{"product, far away", none, on(day(200)), "", time.Time{}, day(20)},
		{"product, soon", none, on(day(20)), defender.ProductEnding, day(20), day(20)},
		{"product, ended", none, on(day(-1)), defender.ProductEnded, day(-1), time.Time{}},
		{"product, without a date", none, ended, defender.ProductEnded, time.Time{}, time.Time{}},
		{"both ended: the product counts", on(day(-9)), on(day(-1)), defender.ProductEnded, day(-1), time.Time{}},
		{"both soon: the product counts", on(day(10)), on(day(20)), defender.ProductEnding, day(20), day(10)},
		{"what has ended counts more than what will", on(day(-9)), on(day(20)), defender.VersionEnded, day(-9), day(20)},
		{"version soon, product later", on(day(10)), on(day(200)), defender.VersionEnding, day(10), day(10)},
		{"both far: the earlier window", on(day(300)), on(day(200)), "", time.Time{}, day(20)},
	} {
		got, next := assess.EndOfSupport(&catalog.Verdict{VersionEnd: test.versionEnd, ProductEnd: test.productEnd}, noon,
			window)
		if want := (row.EndOfSupport{Status: test.status, Date: test.date}); got != want || !next.Equal(test.next) {
			t.Errorf("%s: %+v, next %v; want %+v, next %v", test.what, got, next, want, test.next)
		}
	}
}

// TestDue follows a device over time: its rows change at each Due, and at no time between
// (design.md, section 2).
func TestDue(t *testing.T) {
	lifecycle := func(slug, vendor, product string, ends ...time.Time) intel.Record {
		l := intel.Lifecycle{Product: slug, CPEs: [][2]string{{vendor, product}}}
		for i, end := range ends {
			l.Cycles = append(l.Cycles, intel.Cycle{Name: string(rune('1' + i)), EndsAt: end})
		}
		return intel.Record{Source: slug, Lifecycle: &l}
	}
	c := build(t, append(known(), lifecycle("chrome", "google", "chrome", date(2026, 12, 1), date(2027, 12, 1)),
		lifecycle("7-zip", "7-zip", "7-zip", date(2027, 2, 1)))...)
	r := host(chrome("1.0"), chrome("2.0"), installed("Igor Pavlov", "7-Zip", "1.0"))
	statuses := func(now time.Time) (statuses string, due time.Time) {
		out := device(t, assessorAt(t, c, now), r)
		for _, s := range inventoryOf(t, out) {
			statuses += s.EndOfSupportStatus + ";"
			if (s.EndOfSupportDate != nil) != (s.EndOfSupportStatus != defender.EndOfSupportNone) {
				t.Errorf("%+v", s)
			}
		}
		return statuses, out.Due
	}
	now := date(2026, 1, 1)
	for _, step := range []struct {
		statuses string // for 7-Zip 1, Chrome 1 and Chrome 2
		due      time.Time
	}{
		{"None;None;None;", date(2026, 12, 1).AddDate(0, 0, -180)},
		{"None;Upcoming EOS Version;None;", date(2027, 2, 1).AddDate(0, 0, -180)},
		{"Upcoming EOS Version;Upcoming EOS Version;None;", date(2026, 12, 1)},
		{"Upcoming EOS Version;EOS Version;None;", date(2027, 2, 1)},
		{"EOS Version;EOS Version;None;", date(2027, 12, 1).AddDate(0, 0, -180)},
		{"EOS Version;EOS Version;Upcoming EOS Version;", date(2027, 12, 1)},
		{"EOS Version;EOS Version;EOS Version;", time.Time{}},
	} {
		got, due := statuses(now)
		if got != step.statuses || !due.Equal(step.due) {
			t.Fatalf("%v: %s due %v, want %s due %v", now, got, due, step.statuses, step.due)
		}
		if due.IsZero() {
			break
		}
		if before, _ := statuses(due.Add(-time.Second)); before != got {
			t.Errorf("%v: %s although due at %v only", due.Add(-time.Second), before, due)
		}
		now = due
	}
}

// TestProductEnded says that a product has ended if all of its release lines have, also in
// findings, where no end is null (contract.md, section 4).
func TestProductEnded(t *testing.T) {
	l := intel.Lifecycle{Product: "chrome", CPEs: [][2]string{{"google", "chrome"}},
		Cycles: []intel.Cycle{{Name: "1", Ended: true}}}
	out := device(t, newAssessor(t, build(t, append(known(), intel.Record{Lifecycle: &l})...)),
		host(chrome("2.0"), installed("Igor Pavlov", "7-Zip", "1.0")))
	for _, v := range vulnerabilitiesOf(t, out) {
		switch {
		case v.SoftwareName == "7-zip" && v.EndOfSupportStatus != nil:
			t.Errorf("7-Zip: %q, want null", *v.EndOfSupportStatus)
		case v.SoftwareName == "chrome" &&
			(v.EndOfSupportStatus == nil || *v.EndOfSupportStatus != defender.ProductEnded || v.EndOfSupportDate != nil):
			t.Errorf("Chrome: %v, %v", v.EndOfSupportStatus, v.EndOfSupportDate)
		}
	}
}
