package generation_test

import (
	"fmt"
	"iter"
	"strconv"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/publication"
)

// learn imports weaknesses as the only NVD feed. The next generation knows no others.
func (l *lab) learn(known ...inteltest.Weakness) {
	l.Helper()
	err := l.imported(library.Import{
		Kind: intel.NVD, Name: "lab", Files: oneFile("nvd.json", inteltest.NVD(known)), AllowShrink: true,
		Replace: true,
	})
	if err != nil {
		l.Fatal(err)
	}
}

// learnAdvisories imports an advisory of Debian 12.
func (l *lab) learnAdvisories() {
	l.Helper()
	const advisory = `{"id":"DSA-1-1","modified":"2026-11-20T00:00:00Z","aliases":["CVE-2024-0005"],"affected":[{
		"package":{"ecosystem":"Debian:12","name":"openssl"},
		"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"99.2"}]}]}]}`
	if err := l.imported(library.Import{Kind: intel.OSV, Name: "debian", Files: oneFile("DSA-1-1.json", advisory)}); err != nil {
		l.Fatal(err)
	}
}

func oneFile(name, text string) iter.Seq2[library.RawFile, error] {
	return library.FilesOf(fstest.MapFS{name: {Data: []byte(text)}})
}

// Issue 9: the findings of a removed feed are Fixed in the next delta, since law 1 has no other word;
// that snapshot, and no other, names the feed, whatever stops it.
func TestRemovedFeedIsToldOnce(t *testing.T) {
	l := newLab(t)
	remove := func(kind intel.Kind, name string) {
		t.Helper()
		if _, err := l.library.Remove(l.ctx, kind, name); err != nil {
			t.Fatal(err)
		}
	}
	check := func(when string, s publication.Snapshot, findings, fixed int64, want ...counts.RemovedFeed) {
		t.Helper()
		totals := l.manifest(s).Totals(nil)
		vulnerabilities := defender.Vulnerabilities.String()
		if totals.Rows[vulnerabilities] != findings || totals.Changes[vulnerabilities].Fixed != fixed {
			t.Errorf("%s: %d findings, %d fixed; want %d and %d", when, totals.Rows[vulnerabilities],
				totals.Changes[vulnerabilities].Fixed, findings, fixed)
		}
		if diff := cmp.Diff(want, totals.RemovedFeeds); diff != "" {
			t.Errorf("%s (-want +got):\n%s", when, diff)
		}
	}
	weak := inteltest.Weakness{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "99", Score: 9.8}
	l.learn(weak)
	l.exploited("CVE-2024-0001")
	remove(intel.KEV, "kev")
	l.later(time.Minute)
	l.report(chrome("90.0.0.0"))
	first := l.publish()
	check("the first snapshot", first, 1, 0)
	l.later(time.Hour)
	remove(intel.NVD, "lab")
	second := l.publish()
	check("after the removal", second, 0, 1, counts.RemovedFeed{Kind: "nvd", Name: "lab", Records: 1})
	l.checkLaw1(&first, second)
	l.later(time.Hour)
	l.learn(weak)
	remove(intel.NVD, "lab")
	l.learn(weak)
	check("when it is back", l.publish(), 1, 0)
}

// Issue 9: re-assessing after 1,000 changed CVEs touches the concerned devices only. All devices report
// again unchanged, which alone makes no rows anew; the last-seen times in rows tell which devices were
// assessed since.
func TestChangedCVEsTouchConcernedDevicesOnly(t *testing.T) {
	l := newLab(t)
	known := func(score float64) (list []inteltest.Weakness) {
		for i := range 1000 {
			list = append(list, inteltest.Weakness{CVE: fmt.Sprintf("CVE-2025-%04d", i+1), Vendor: "google",
				Product: "chrome", Before: strconv.Itoa(61 + i%40), Score: score}) // the last ones concern 90.0
		}
		return append(list, weaknesses[3]) // concerns all
	}
	concerned := map[any]bool{}
	receive := func() {
		var all []*inventory.Report
		for i := range 20 {
			version := "130.0"
			if i%4 == 0 {
				version = "90.0"
			}
			r := host(i, version)
			concerned[r.Device.ID] = version == "90.0"
			all = append(all, r)
		}
		l.report(all...)
	}
	l.learn(known(7.5)...)
	receive()
	before := l.rows(l.publish(), defender.Vulnerabilities, false)

	l.now = l.now.Add(time.Hour)
	receive()
	l.learn(known(9.8)...)
	after := l.rows(l.publish(), defender.Vulnerabilities, false)
	if len(after) != len(before) || len(after) < 20+5*250 {
		t.Fatalf("%d and %d rows", len(before), len(after))
	}
	for key, row := range after {
		touched := row["LastSeenTimestamp"] != before[key]["LastSeenTimestamp"]
		if want := concerned[row["DeviceId"]]; touched != want {
			t.Fatalf("the rows of device %v, which is concerned: %t, were made anew: %t", row["DeviceId"], want, touched)
		}
	}
}
