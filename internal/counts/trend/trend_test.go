package trend_test

import (
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/trend"
)

func drawCounts(t *rapid.T) *trend.Counts {
	n := func() int64 { return rapid.Int64Range(0, 1<<40).Draw(t, "n") }
	c := &trend.Counts{Devices: n(), Assessed: n(), Partly: n(), NotAssessed: n(), Silent: n(),
		Severities: counts.Severities{Critical: n(), High: n(), Medium: n(), Low: n(), Unrated: n()},
		Exploited:  n(), KEV: n(), New: n(),
		Fixed:   counts.Fixed{OnDevice: n(), DeviceGone: n(), NotAssessed: n(), Moved: n(), Excepted: n()},
		Weight:  counts.Weight{Applicable: float64(n()) / 2, Compliant: float64(n()) / 2},
		Unknown: trend.Unknown(rapid.IntRange(0, 63).Draw(t, "unknown"))}
	for range rapid.IntRange(0, 4).Draw(t, "durations") {
		c.Mended.Count(time.Duration(rapid.Int64Range(0, 3000).Draw(t, "days"))*24*time.Hour, 1+n())
	}
	return c
}

// What is kept of groups is the sum of those that are asked for, whichever these are; the counts of one sum are read as
// they were written.
func TestGroupsAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		by := trend.ByGroup{}
		for range rapid.IntRange(0, 5).Draw(t, "groups") {
			by[rapid.Int64Range(-2, 500).Draw(t, "group")] = drawCounts(t)
		}
		set := rapid.SliceOf(rapid.Int64Range(-2, 500)).Draw(t, "seen")
		within := func(group int64) bool { return slices.Contains(set, group) }
		for _, scope := range []func(int64) bool{nil, within} {
			want := by.Sum(scope)
			got, err := trend.DecodeByGroup(by.Encode(), scope)
			if err != nil {
				t.Fatal(err)
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Fatalf("-want +got:\n%s", diff)
			}
			if got, err = trend.Decode(want.Encode()); err != nil || !cmp.Equal(want, got) {
				t.Fatalf("%+v is read as %+v, %v", want, got, err)
			}
		}
	})
}

// Counts of a million findings in a group take some tens of bytes.
func TestCountsAreSmall(t *testing.T) {
	c := trend.Counts{Devices: 4000, Assessed: 3000, Partly: 900, NotAssessed: 100, Silent: 40,
		Severities: counts.Severities{Critical: 40_000, High: 400_000, Medium: 500_000, Low: 9_000, Unrated: 9_000},
		Exploited:  5000, KEV: 1000, New: 3000, Fixed: counts.Fixed{OnDevice: 2500, Moved: 100},
		Mended: trend.Durations{7: 2400, 30: 100},
		Weight: counts.Weight{Applicable: 4000 * 900, Compliant: 4000 * 700}}
	if n := len(c.Encode()); n > 80 {
		t.Errorf("%d bytes", n)
	}
}

func FuzzDecode(f *testing.F) {
	f.Add(trend.ByGroup{7: {Devices: 1, Mended: trend.Durations{3: 4}}}.Encode())
	f.Add([]byte{1})
	f.Add([]byte{2})
	f.Fuzz(func(t *testing.T, data []byte) {
		if _, err := trend.DecodeByGroup(data, nil); err != nil && !errors.Is(err, trend.ErrForm) {
			t.Errorf("%v is no ErrForm", err)
		}
		if _, err := trend.DecodeAges(data); err != nil && !errors.Is(err, trend.ErrForm) {
			t.Errorf("%v is no ErrForm", err)
		}
		if c, err := trend.Decode(data); err == nil {
			if again, err := trend.Decode(c.Encode()); err != nil || !cmp.Equal(c, again, cmp.Comparer(func(a, b float64) bool {
				return math.Float64bits(a) == math.Float64bits(b)
			})) {
				t.Errorf("%+v is read as %+v, %v", c, again, err)
			}
		} else if !errors.Is(err, trend.ErrForm) {
			t.Errorf("%v is no ErrForm", err)
		}
	})
}

// The classes of durations are as documented: a day below 90, a week below a year, four weeks below five years.
func TestClasses(t *testing.T) {
	for days, want := range map[int64]int64{-1: 0, 0: 0, 89: 89, 90: 90, 96: 90, 97: 97,
		362: 356, 363: 363, 390: 363, 391: 391,
		1818: 1791, 1819: 1819, 9999: 1819} {
		if got := trend.ClassOf(time.Duration(days) * 24 * time.Hour); got != want {
			t.Errorf("%d days are in class %d, want %d", days, got, want)
		}
	}
	if got := trend.ClassOf(24*time.Hour - 1); got != 0 {
		t.Errorf("less than a day is in class %d", got)
	}
}

// A share is that of the sorted list.
func TestShareIsThatOfTheList(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		list := rapid.SliceOfN(rapid.Int64Range(0, 89), 1, 50).Draw(t, "days")
		var d trend.Durations
		for _, days := range list {
			d.Count(time.Duration(days)*24*time.Hour, 1)
		}
		slices.Sort(list)
		n := len(list)
		if got, want := d.Share(0.5), list[(n+1)/2-1]; got != want {
			t.Fatalf("the median of %d is %d", list, got)
		}
		if got, want := d.Share(0.9), list[(9*n+9)/10-1]; got != want {
			t.Fatalf("nine of ten of %d are within %d, want %d", list, got, want)
		}
	})
}

// Days and changes since a snapshot hold F(before) + new - fixed = F, and are unknown where one in between is.
func TestChangesAddUpOverTime(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var all []trend.Point
		findings, previous := int64(0), int64(0)
		at := time.Date(2026, 11, 23, 0, 0, 0, 0, time.UTC)
		for number := int64(1); number <= int64(rapid.IntRange(1, 12).Draw(t, "snapshots")); number++ {
			at = at.Add(time.Duration(rapid.IntRange(1, 40).Draw(t, "hours")) * time.Hour)
			p := trend.Point{Number: number, Previous: previous, Begun: at, Generated: at}
			p.New = rapid.Int64Range(0, 9).Draw(t, "new")
			p.Fixed.OnDevice = rapid.Int64Range(0, findings+p.New).Draw(t, "fixed")
			findings += p.New - p.Fixed.OnDevice
			if rapid.IntRange(0, 5).Draw(t, "anew") == 0 {
				p.Previous, p.New, p.Fixed = trend.Anew, 0, counts.Fixed{}
			}
			p.Severities.High = findings
			if rapid.IntRange(0, 5).Draw(t, "lost") > 0 { // an older program keeps no counts
				all = append(all, p)
			}
			previous = number
		}
		if all = trend.Chain(all); len(all) == 0 {
			return
		}
		checkFlow(t, all, 0)
		checkFlow(t, trend.Daily(all), 0)
		if before, now, ok := trend.Since(all, 24*time.Hour); ok {
			checkFlow(t, []trend.Point{now}, before.Findings())
			if now.Number != all[len(all)-1].Number || now.Generated.Sub(before.Generated) < 24*time.Hour {
				t.Fatalf("compared %v with %v", now.Generated, before.Generated)
			}
			for _, p := range all {
				if p.Generated.After(before.Generated) && now.Generated.Sub(p.Generated) >= 24*time.Hour {
					t.Fatalf("%v is newer than %v", p.Generated, before.Generated)
				}
			}
		} else if first := all[0]; all[len(all)-1].Generated.Sub(first.Generated) >= 24*time.Hour {
			t.Fatalf("not compared with %v", first.Generated)
		}
	})
}

func checkFlow(t *rapid.T, all []trend.Point, findings int64) {
	for i := range all {
		p := &all[i]
		if unknown := p.Previous == trend.Anew; unknown != p.Lacks(trend.Changes) {
			t.Fatalf("changes of snapshot %d from %d: unknown %t", p.Number, p.Previous, p.Lacks(trend.Changes))
		} else if !unknown && (i > 0 || p.Previous == 0 || findings > 0) && findings+p.New-p.Fixed.Sum() != p.Findings() {
			t.Fatalf("%d findings, then %+v", findings, p)
		}
		findings = p.Findings()
	}
}

// Classes of ages add up to the findings, whatever the time, and ages are read as they were written.
func TestAgesAddUp(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		ages := trend.Ages(rapid.MapOf(rapid.Int64Range(20_000, 20_400), rapid.Int64Range(1, 9)).Draw(t, "ages"))
		now := time.Unix(rapid.Int64Range(20_000*86_400, 20_400*86_400).Draw(t, "now"), 0)
		sum := int64(0)
		for _, c := range ages.Open(now) {
			sum += c.Findings
			for day, n := range ages {
				age := max(0, trend.DayOf(now)-day)
				if in := age >= c.From && (c.To < 0 || age <= c.To); in {
					c.Findings -= n
				}
			}
			if c.Findings != 0 {
				t.Fatalf("class from %d is off by %d", c.From, c.Findings)
			}
		}
		if sum != ages.Sum() || !ages.Sound(sum) || ages.Sound(sum+1) {
			t.Fatalf("%d of %d findings are in classes", sum, ages.Sum())
		}
		by := trend.AgesByGroup{0: ages, 7: {20_001: 3}}
		if got, err := trend.DecodeAges(by.Encode()); err != nil || !cmp.Equal(got, by) {
			t.Fatalf("%v is read as %v, %v", by, got, err)
		}
	})
}

// BenchmarkYear reads what a caller of half of 20 groups is told of 400 days with four snapshots each.
func BenchmarkYear(b *testing.B) {
	by := trend.ByGroup{}
	for group := range int64(20) {
		by[group] = &trend.Counts{Devices: 4000, Severities: counts.Severities{Critical: 40_000, High: 400_000},
			New: 3000, Mended: trend.Durations{0: 30, 3: 40, 7: 2400, 30: 100}}
	}
	data := by.Encode()
	for b.Loop() {
		for range 1600 {
			if _, err := trend.DecodeByGroup(data, func(group int64) bool { return group%2 == 0 }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(len(data)), "bytes/snapshot")
}
