package generation_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

const day = 24 * time.Hour

// seen is what tests of history compare of a vulnerability row.
type seen struct{ Version, CVE, First, Status string }

func (l *lab) seen(s publication.Snapshot, delta bool) map[seen]int {
	l.Helper()
	found := map[seen]int{}
	for _, row := range l.rows(s, defender.Vulnerabilities, delta) {
		text := func(k string) string { v, _ := row[k].(string); return v }
		found[seen{text("SoftwareVersion"), text("CveId"), text("FirstSeenTimestamp"), text("Status")}]++
	}
	return found
}

func (l *lab) wantSeen(s publication.Snapshot, delta bool, want ...seen) {
	l.Helper()
	wanted := map[seen]int{}
	for _, w := range want {
		wanted[w]++
	}
	if diff := cmp.Diff(wanted, l.seen(s, delta)); diff != "" {
		l.Errorf("snapshot %d (delta %t), -want +got:\n%s", s.Number, delta, diff)
	}
}

// chrome is a device with Chrome of a version, or without software.
func chrome(version string) *inventory.Report {
	r := host(1, version)
	r.Software = r.Software[:1]
	if version == "" {
		r.Software = []inventory.Software{}
	}
	return r
}

func rowTime(t time.Time) string { return row.NewTimestamp(t).String() }

// Each subtest is named by the sentence of doc/contract.md, section 8, that it checks.

func TestFirstSeen(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	begin := rowTime(l.now)
	l.report(chrome("90.0.0.0"))
	l.wantSeen(l.publish(), false, seen{"90.0.0.0", "CVE-2024-0001", begin, ""})
	t.Run("Where CVE-A affects 1.0 and 2.0 and a device goes from one to the other, 1.0 is `Fixed` and 2.0 is `New`. "+
		"The new row has the `firstSeenTimestamp` of the old one, "+
		"because that time depends on the device, the product and the CVE alone", func(t *testing.T) {
		l.now = l.now.Add(time.Hour)
		l.report(chrome("95.0.0.0"))
		l.wantSeen(l.publish(), true, seen{"90.0.0.0", "CVE-2024-0001", begin, "Fixed"},
			seen{"95.0.0.0", "CVE-2024-0001", begin, "New"})
	})
	t.Run("Software that was removed and is installed again has new first-seen times", func(t *testing.T) {
		l.now = l.now.Add(time.Hour)
		l.report(chrome(""))
		l.wantSeen(l.publish(), true, seen{"95.0.0.0", "CVE-2024-0001", begin, "Fixed"})

		l.now = l.now.Add(time.Hour)
		l.report(chrome("95.0.0.0"))
		l.wantSeen(l.publish(), true, seen{"95.0.0.0", "CVE-2024-0001", rowTime(l.now), "New"})
	})
	l.verify()
}

func TestAbsence(t *testing.T) {
	defaults, brief := generation.DefaultSettings(), generation.DefaultSettings()
	brief.HideAfter, brief.ForgetAfter = 3*day, 10*day
	for _, c := range []struct {
		name     string
		settings generation.Settings
		hidden   time.Duration
		away     time.Duration
		kept     bool
	}{
		{"Once a device was not seen for 30 days, exports leave it out and its rows become `Fixed`. " +
			"Its rows are `New` with their earlier first-seen times when it is seen again within 180 days", defaults,
			30 * day, 179 * day, true},
		{"back after 181 days", defaults, 30 * day, 181 * day, false},
		{"Once a device was not seen for 30 days, exports leave it out … Both numbers are settings",
			brief, 3 * day, 9 * day, true},
		{"back after 11 of 10 days", brief, 3 * day, 11 * day, false},
	} {
		t.Run(c.name, func(t *testing.T) {
			l := labAt(t, t.TempDir(), c.settings)
			l.learn(weaknesses[0])
			begin := rowTime(l.now)
			l.report(chrome("90.0.0.0"))
			row := seen{"90.0.0.0", "CVE-2024-0001", begin, ""}
			l.wantSeen(l.publish(), false, row)

			l.later(c.hidden - day)
			l.wantSeen(l.publish(), false, row)

			l.later(2 * day)
			s := l.publish()
			l.wantSeen(s, false)
			l.wantSeen(s, true, seen{"90.0.0.0", "CVE-2024-0001", begin, "Fixed"})
			if got := l.manifest(s).Totals(nil); got.Hidden != 1 || got.Devices != 0 {
				t.Errorf("%d devices and %d hidden ones, want 0 and 1", got.Devices, got.Hidden)
			}

			l.later(day)
			l.wantSeen(l.publish(), true)

			l.later(noon.Add(c.away).Sub(l.now))
			l.publish()
			l.report(chrome("90.0.0.0"))
			first := rowTime(l.now)
			if c.kept {
				first = begin
			}
			l.wantSeen(l.publish(), true, seen{"90.0.0.0", "CVE-2024-0001", first, "New"})
			l.verify()
		})
	}
}

func TestUnchanged(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	l.report(chrome("90.0.0.0"))
	first := l.index(l.publish(), 0)
	t.Run("a part without any stale device is not even copied: design.md, section 2.3", func(t *testing.T) {
		l.now = l.now.Add(time.Hour)
		l.report(chrome("90.0.0.0"))
		var written []string
		l.trace = func(op string) { written = append(written, op) }
		s := l.publish()
		l.trace = nil
		if diff := cmp.Diff(first.Full, l.index(s, 0).Full); diff != "" {
			t.Errorf("nothing changed, but the parts changed:\n%s", diff)
		}
		if got := count(written, "create"); got != 2 { // the manifest and its summary
			t.Errorf("%d files were written, want 2: %q", got, written)
		}
		m := l.manifest(s)
		for _, name := range []string{m.Name, snapshot.SummaryName(m.Name)} {
			if !l.files.Exists(name) {
				t.Errorf("%q was not written", name)
			}
		}
		l.wantSeen(s, true)
	})
	t.Run("The first generation of a UTC day gives new last-seen times to devices that did not change", func(t *testing.T) {
		l.now = time.Date(2026, 11, 24, 0, 0, 1, 0, time.UTC)
		l.report(chrome("90.0.0.0"))
		s := l.publish()
		l.wantSeen(s, true)
		for _, row := range l.rows(s, defender.Vulnerabilities, false) {
			if want := rowTime(l.now); row["LastSeenTimestamp"] != want {
				t.Errorf("last seen %v, want %v", row["LastSeenTimestamp"], want)
			}
		}
	})
	l.verify()
}

func count(list []string, word string) (n int) {
	for _, s := range list {
		if s == word {
			n++
		}
	}
	return n
}

// Computation follows change (doc/design.md, section 2.3). A new catalog makes only those devices
// stale that have a release with another verdict.
func TestNewCatalogTouchesWhatItChanges(t *testing.T) {
	l := newLab(t)
	l.learn(weaknesses[0])
	with, without := host(1, "90.0.0.0"), host(2, "90.0.0.0")
	without.Software = without.Software[:1] // without 7-Zip
	l.report(with, without)
	before := l.publish()

	l.now = l.now.Add(time.Hour)
	l.learn(weaknesses[0], weaknesses[3]) // of 7-Zip
	after := l.publish()
	sheets := func(s publication.Snapshot) map[string]int64 {
		made := map[string]int64{}
		for _, row := range l.rows(s, defender.Vulnerabilities, true) {
			made[row["DeviceName"].(string)]++
		}
		return made
	}
	if diff := cmp.Diff(map[string]int64{"host-1.example.com": 1}, sheets(after)); diff != "" {
		t.Errorf("delta by device:\n%s", diff)
	}
	l.checkLaw1(&before, after)
	l.verify()
}

// Law 4 and doc/contract.md, section 3: a clock that is set back does not change the order of
// snapshots.
func TestClockGoesBack(t *testing.T) {
	l := newLab(t)
	l.report(chrome("90.0"))
	first := l.publish()
	l.now = l.now.Add(-48 * time.Hour)
	l.report(chrome("91.0"))
	second := l.publish()
	if !second.Generated.After(first.Generated) || !second.Begun.After(first.Begun) {
		t.Errorf("second snapshot (%v, %v) is not later than the first (%v, %v)", second.Begun, second.Generated,
			first.Begun, first.Generated)
	}
	l.checkLaw1(&first, second)
	l.verify()
}

// Law 3: "What was cut by a limit or kept because of a failure is said in the manifest", also when
// the rows are copied.
func TestCutPathsAreInTheManifest(t *testing.T) {
	l := newLab(t)
	r := host(1, "90.0")
	for i := range inventory.MaxPaths + 3 {
		r.Software[0].DiskPaths = append(r.Software[0].DiskPaths, fmt.Sprintf(`C:\%d\chrome.exe`, i))
	}
	l.report(r)
	want := []snapshot.Truncation{{Device: r.Device.ID, Paths: 3}}
	if diff := cmp.Diff(want, l.delta(l.publish(), 0).Truncated); diff != "" {
		t.Errorf("made:\n%s", diff)
	}
	l.now = l.now.Add(time.Hour)
	l.report(host(2, "90.0")) // the first device's rows are copied beside it
	if diff := cmp.Diff(want, l.delta(l.publish(), 0).Truncated); diff != "" {
		t.Errorf("copied:\n%s", diff)
	}
}
