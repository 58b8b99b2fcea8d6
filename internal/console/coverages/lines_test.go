package coverages_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

func TestLines(t *testing.T) {
	got := coverages.Lines(&counts.Coverage{
		Devices: []counts.Covered{{State: "notAssessed", Reason: "noDistributionFeed", Count: 3},
			{State: "notAssessed", Reason: "noBuildRevision", Count: 9}, {State: "partly", Reason: "noProductCode", Count: 2},
			{State: "assessed", Count: 1}},
		Software: []counts.Covered{{State: "notAssessed", Reason: "noProductCode", Count: 1}, {State: "assessed", Count: 999}},
		Unknown:  4,
		Wants: []counts.Wanted{{Name: "Debian:12", Devices: 2}, {Name: "openSUSE:Leap 15.6", Devices: 1}, {Name: "cve5", Devices: 1},
			{Name: "msrc", Devices: 12}},
	})
	want := []string{
		"coverage: of 19 devices 1 assessed, 2 partly, 16 not; 99.9% of 1000 pieces of software wholly assessed",
		"not assessed: 9 devices: " + coverage.NoBuildRevision.Explain(),
		"not assessed: 3 devices: " + coverage.NoDistributionFeed.Explain(),
		"not assessed: 4 devices: rows of an older version of muster",
		"to import: advisories of Debian:12, for 2 devices: muster feed refresh debian Debian",
		"to import: advisories of openSUSE:Leap 15.6, for 1 device: muster feed refresh osv 'openSUSE:Leap 15.6'",
		"to import: a feed of kind cve5, for 1 device: muster feed refresh cve5 cvelistV5",
		"to import: a feed of kind msrc, for 12 devices: muster feed refresh msrc msrc",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if coverages.Lines(nil) != nil || coverages.Lines(&counts.Coverage{}) != nil {
		t.Error("nothing has lines")
	}
}

// TestEveryReasonIsExplained: no reason is shown as its name.
func TestEveryReasonIsExplained(t *testing.T) {
	for r := coverage.NoReason + 1; int(r) < coverage.ReasonCount; r++ {
		if text := coverages.Reason(r.String()); text == r.String() || text == "unknown" || text == "" {
			t.Errorf("%v is explained as %q", r, text)
		}
	}
	if got := coverages.State("partly", "noVersion"); !strings.HasPrefix(got, "partly assessed: ") {
		t.Errorf("the state is %q", got)
	}
}

func TestPercent(t *testing.T) {
	for _, test := range []struct {
		what   string
		c      counts.Coverage
		want   float64
		looked bool
	}{
		{"nothing", counts.Coverage{}, 100, false},
		{"an empty device", counts.Coverage{Devices: []counts.Covered{{State: "assessed", Count: 1}}}, 100, true},
		{"a device that nobody knows", counts.Coverage{Unknown: 1}, 0, false},
		{"one of four", counts.Coverage{Devices: []counts.Covered{{State: "partly", Count: 1}},
			Software: []counts.Covered{{State: "assessed", Count: 1}, {State: "partly", Count: 2}, {State: "notAssessed", Count: 1}}}, 25, true},
	} {
		if got := coverages.Percent(&test.c); got != test.want {
			t.Errorf("%s: %v%%, want %v%%", test.what, got, test.want)
		}
		if got := coverages.Looked(&test.c); got != test.looked {
			t.Errorf("%s: looked is %t", test.what, got)
		}
	}
}

func TestDeviceRows(t *testing.T) {
	feeds := []control.CoveringFeed{{Feed: counts.Feed{Name: "debian", Day: "2026-11-20", Part: "3 of 9 advisories", Old: true}}}
	rows := coverages.DeviceRows(&control.DeviceCoverage{State: "partly", Reason: "feedPart",
		Software: []counts.Covered{{State: "assessed", Count: 7}}, Feeds: []string{"debian"}, Wants: []string{"npm"}}, feeds)
	want := [][]string{
		{"coverage", "partly assessed: " + coverage.FeedPart.Explain()},
		{"software", "7 assessed"},
		{"asked feed", "debian, newest day 2026-11-20, only a part: 3 of 9 advisories; older than its limit"},
		{"to import", "advisories of npm: muster feed refresh osv npm"},
	}
	if diff := cmp.Diff(want, rows); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if rows := coverages.DeviceRows(nil, nil); len(rows) != 1 || !slices.Contains(rows[0], "coverage") {
		t.Errorf("without coverage: %q", rows)
	}
}
