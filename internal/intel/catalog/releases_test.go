package catalog_test

import (
	"os"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/sofa"
	"github.com/muster-project/muster/internal/intel/table"
)

// releases is a feed of some of Apple's releases of macOS 13, 14, 15 and 26, up to 15.7.9 and 26.6.2.
func releases(t *testing.T) catalog.Source {
	t.Helper()
	b := table.NewBuilder("sofa")
	b.Kind = intel.SOFA
	records, _ := inteltest.Parse(t, sofa.Feed{}, os.DirFS("../sofa/testdata"))
	for _, r := range records {
		b.Add(r)
	}
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	return catalog.Source{Name: "sofa", Table: made}
}

// apple is a record of Apple's: a CVE affects macOS below versions.
func apple(cve string, below ...string) intel.Record {
	r := builds(cve, "apple", "macos", below[0])
	for _, version := range below[1:] {
		r.Affected[0].Versions = append(r.Affected[0].Versions, intel.Range{High: version})
	}
	return r
}

func macOS(version string) catalog.Component {
	return catalog.Component{Kind: "os", Name: "macOS", Version: version, OSPlatform: "macOS"}
}

// TestReleasesOfMacOS: Apple's releases decide for each major version by itself; what they do not list is as CVE
// records say, and has no update if these name one of another major version only (decision 112).
func TestReleasesOfMacOS(t *testing.T) {
	records := compile(t, "cvelistV5",
		apple("CVE-2026-65400", "26.6.1"),         // Apple lists fixes in 15.7.9 and 14.8.9, too
		apple("CVE-2020-19185", "13.6", "14.2"),   // cut from 13.6.3
		apple("CVE-2026-43794", "26.6.2"),         // fixed in 26 alone
		apple("CVE-2023-4504", "15.1"),            // fixed by 15.0
		apple("CVE-2024-99991", "14.8.8", "15.2"), // not in the list
	)
	c, err := catalog.Merge(catalog.Config{}, []catalog.Source{releases(t), records})
	if err != nil {
		t.Fatal(err)
	}
	const article = "https://support.apple.com/en-us/"
	newest := func(title, url string) *intel.Fix { return &intel.Fix{Title: title, URL: url, Available: true} }
	for _, test := range []struct {
		version, cve string
		want         *intel.Fix // nil: not affected
	}{
		{"15.7.8", "CVE-2026-65400", newest("148171", article+"148171")},
		{"15.0", "CVE-2026-65400", newest("148171", article+"148171")},
		{"15.7.9", "CVE-2026-65400", nil},
		{"15.7.10", "CVE-2026-65400", nil}, // newer than the list: what 15.7.9 fixed stays fixed
		{"14.8.8", "CVE-2026-65400", newest("148172", article+"148172")},
		{"14.8.9", "CVE-2026-65400", nil},
		{"26.6", "CVE-2026-65400", newest("148281", article+"148170")},
		{"26.6.1", "CVE-2026-65400", nil},
		{"13.7.8", "CVE-2026-65400", &intel.Fix{}}, // never fixed there
		{"12.7", "CVE-2026-65400", &intel.Fix{}},   // a major version that the list does not have
		{"13.6.2", "CVE-2020-19185", newest("124929", "https://support.apple.com/kb/HT214038")},
		{"13.6.3", "CVE-2020-19185", nil},
		{"15.7.9", "CVE-2026-43794", &intel.Fix{}},
		{"26.6.1", "CVE-2026-43794", newest("148281", article+"148281")},
		{"26.6.2", "CVE-2026-43794", nil},
		{"14.8.7", "CVE-2024-99991", newest("148172", "")},
		{"15.1", "CVE-2024-99991", newest("148171", "")},
		{"13.7", "CVE-2024-99991", &intel.Fix{}},
		{"15.3", "CVE-2024-99991", nil},
		{"15.7.4", "CVE-2026-20694", nil}, // listed again by 15.7.5
		{"15.0", "CVE-2023-4504", nil},    // fixed before its first release
	} {
		found := hit(c.Verdict(macOS(test.version)), test.cve)
		switch {
		case (found == nil) != (test.want == nil):
			t.Errorf("macOS %s, %s: %+v, want %+v", test.version, test.cve, found, test.want)
		case found != nil:
			if diff := cmp.Diff(*test.want, found.Fix); diff != "" {
				t.Errorf("macOS %s, %s (-want +got):\n%s", test.version, test.cve, diff)
			}
		}
	}
	if one := hit(c.Verdict(macOS("15.7.8")), "CVE-2026-65400"); one == nil || one.Exploit != intel.ExploitVerified {
		t.Errorf("what Apple says is exploited is %+v", one)
	}
	if m := mend(t, c, []catalog.Component{macOS("15.7.8")}, []string{"CVE-2026-65400"}); m.Version != "15.7.9" {
		t.Errorf("15.7.8 is mended by %+v", m)
	}
	// Without Apple's releases a record is all there is.
	alone, err := catalog.Merge(catalog.Config{}, []catalog.Source{records})
	if err != nil {
		t.Fatal(err)
	}
	if one := hit(alone.Verdict(macOS("15.7.9")), "CVE-2026-65400"); one == nil || !one.Fix.Available {
		t.Errorf("without the list 15.7.9 has %+v", one)
	}
}

// TestCoverageOfMacOS: a version that Apple's releases do not have is not silently clean.
func TestCoverageOfMacOS(t *testing.T) {
	list, records := releases(t), compile(t, "cvelistV5", apple("CVE-2024-0001", "26.7"))
	for _, test := range []struct {
		what, version string
		feeds         []catalog.Source
		state         coverage.State
		reason        coverage.Reason
		wants         string
	}{
		{"the newest of a sample", "15.7.9", []catalog.Source{list, records}, coverage.Partly, coverage.FeedPart, "sofa"},
		{"newer than the newest", "15.7.10", []catalog.Source{list, records}, coverage.Partly, coverage.BuildNewer, "sofa"},
		{"newer than the newest of all", "26.6.3", []catalog.Source{list, records}, coverage.Partly, coverage.BuildNewer, "sofa"},
		{"a major version to come", "27.0", []catalog.Source{list, records}, coverage.Partly, coverage.BuildNewer, "sofa"},
		{"one without CVE records", "15.7.10", []catalog.Source{list}, coverage.Partly, coverage.BuildNewer, "sofa"},
		{"no number", "Sequoia", []catalog.Source{list, records}, coverage.NotAssessed, coverage.NoVersion, ""},
		{"of old", "10.15.7", []catalog.Source{list, records}, coverage.Assessed, coverage.NoReason, ""},
		{"of old, without CVE records", "10.15.7", []catalog.Source{list}, coverage.NotAssessed, coverage.NoProductFeed, "cve5"},
	} {
		c, err := catalog.Merge(catalog.Config{}, test.feeds)
		if err != nil {
			t.Fatal(err)
		}
		got := c.Verdict(macOS(test.version)).Coverage
		if got.State != test.state || got.Reason != test.reason || got.Wants != test.wants {
			t.Errorf("%s: %s, %s, wants %q; want %s, %s, %q", test.what, got.State, got.Reason, got.Wants, test.state,
				test.reason, test.wants)
		}
	}
}
