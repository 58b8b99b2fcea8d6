package catalog_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// TestPackagesOfRecords says what a CVE record's statement on a package counts beside the advisories of the
// package's ecosystem.
func TestPackagesOfRecords(t *testing.T) {
	const cve = "CVE-2024-0001"
	states := func(source, name string, by intel.Authority, ranges ...intel.Range) intel.Record {
		return intel.Record{Source: source, CVE: &intel.CVE{ID: cve}, Packages: []intel.Package{{CVEs: []string{cve},
			Ecosystem: "PyPI", Name: name, Ranges: ranges, By: by}}}
	}
	installed := func(version string) catalog.Component {
		return catalog.Component{Kind: "pypi", Name: "Left_Pad", Version: version, PURL: "pkg:pypi/left-pad@" + version,
			OSPlatform: "Linux", OSVersion: "debian_12"}
	}
	record := states(cve, "left.pad", intel.ByCNA, intel.Range{Low: "1.0", High: "2.0"})
	advisory := states("PYSEC-1", "left-pad", 0, intel.Range{High: "1.5"})
	other := states("PYSEC-2", "other", 0, intel.Range{High: "1.5"})
	for _, test := range []struct {
		what    string
		records []intel.Record
		want    []string // the affected of 0.9, 1.2 and 1.7
		state   coverage.State
		reason  coverage.Reason
	}{
		{"the record alone", []intel.Record{record}, []string{"1.2", "1.7"}, coverage.Partly, coverage.NoEcosystemFeed},
		{"a record on another package", []intel.Record{states(cve, "other", intel.ByCNA, intel.Range{High: "9"})}, nil,
			coverage.NotAssessed, coverage.NoProductCode},
		{"the ecosystem's fix counts", []intel.Record{record, advisory}, []string{"1.2"}, coverage.Assessed, 0},
		{"the ecosystem has no advisory on it", []intel.Record{record, other}, []string{"1.2", "1.7"}, coverage.Assessed, 0},
		{"a publisher's is a record, too", []intel.Record{states(cve, "left-pad", intel.ByADP, intel.Range{High: "1.0"})},
			[]string{"0.9"}, coverage.Partly, coverage.NoEcosystemFeed},
	} {
		c, got := build(t, catalog.Config{}, test.records...), []string(nil)
		for _, version := range []string{"0.9", "1.2", "1.7"} {
			v := c.Verdict(installed(version))
			if len(v.Hits) > 0 {
				got = append(got, version)
			}
			if v.Coverage.State != test.state || test.reason == coverage.NoEcosystemFeed && v.Coverage.Reason != test.reason {
				t.Errorf("%s: %s is %+v", test.what, version, v.Coverage)
			}
		}
		if diff := cmp.Diff(test.want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}
