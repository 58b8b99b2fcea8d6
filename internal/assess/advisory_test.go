package assess_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/inventory"
)

// advises is an advisory of npm on a package below version 2.
func advises(advisory, name, id string, word intel.Severity) intel.Record {
	return intel.Record{Source: advisory, CVE: &intel.CVE{ID: id, Severity: word}, Packages: []intel.Package{{
		CVEs: []string{id}, Advisory: advisory, Ecosystem: "npm", Name: name, Ranges: []intel.Range{{High: "2"}},
		Severity: word, Fix: intel.Fix{ID: advisory, Available: true}}}}
}

// npm is a package of a device.
func npm(name, version string) inventory.Software {
	return inventory.Software{Kind: "npm", Name: name, Version: version, PURL: "pkg:npm/" + name + "@" + version}
}

// Advisories without a CVE have rows of their own, which are in no count of CVEs.
func TestAdvisoriesWithoutACVE(t *testing.T) {
	a := newAssessor(t, build(t,
		advises("GHSA-aaaa", "mixed", "GHSA-aaaa", intel.SeverityHigh),
		advises("PYSEC-1", "mixed", "GHSA-aaaa", intel.SeverityUnknown), // another advisory on the same
		advises("GHSA-bbbb", "mixed", "CVE-2024-0001", intel.SeverityLow),
		advises("MAL-2022-1", "malicious", "MAL-2022-1", intel.SeverityCritical)))
	r := host(npm("mixed", "1.0"), npm("malicious", "1.0"), npm("malicious", "2.0"))
	out := new(assess.Output)
	if err := a.Device(input(r, nil), out); err != nil {
		t.Fatal(err)
	}
	type shown struct{ Software, ID, Severity string }
	rowsOf := func(d defender.Dataset) (all []shown) {
		for _, row := range decode[map[string]any](t, out.Rows[d]) {
			text := func(key string) string { s, _ := row[key].(string); return s }
			all = append(all, shown{text("SoftwareName") + " " + text("SoftwareVersion"), text("CveId"),
				text("VulnerabilitySeverityLevel")})
		}
		return all
	}
	if diff := cmp.Diff([]shown{{"mixed 1.0", "CVE-2024-0001", "Low"}}, rowsOf(defender.Vulnerabilities)); diff != "" {
		t.Errorf("findings (-want +got):\n%s", diff)
	}
	want := []shown{{"malicious 1.0", "MAL-2022-1", "Critical"}, {"mixed 1.0", "GHSA-aaaa", "High"}}
	if diff := cmp.Diff(want, rowsOf(defender.NonCVEAdvisories)); diff != "" {
		t.Errorf("advisories (-want +got):\n%s", diff)
	}
	clean := []shown{{"malicious 1.0", "", ""}, {"malicious 2.0", "", ""}} // no CVE is known
	if diff := cmp.Diff(clean, rowsOf(defender.CleanSoftware)); diff != "" {
		t.Errorf("clean software (-want +got):\n%s", diff)
	}
	weaknesses := map[string]float64{}
	for _, row := range decode[map[string]any](t, out.Rows[defender.Software]) {
		weaknesses[row["SoftwareName"].(string)] += row["NumberOfWeaknesses"].(float64)
	}
	if diff := cmp.Diff(map[string]float64{"mixed": 1, "malicious": 0}, weaknesses); diff != "" {
		t.Errorf("weaknesses (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff(counts.Severities{Low: 1}, out.Severities); diff != "" {
		t.Errorf("severities (-want +got):\n%s", diff)
	}
	again := new(assess.Output)
	later := input(r, &out.Rows)
	later.LastSeen = noon.AddDate(0, 0, 3)
	if err := a.Device(later, again); err != nil {
		t.Fatal(err)
	}
	for _, row := range decode[map[string]any](t, again.Rows[defender.NonCVEAdvisories]) {
		if row["FirstSeenTimestamp"] != noon.Format("2006-01-02 15:04:05") {
			t.Errorf("first seen at %v", row["FirstSeenTimestamp"])
		}
	}
}

// A package whose ecosystem has a feed is assessed, also if the feed has only advisories without a CVE.
func TestAdvisoriesWithoutACVEAreAssessed(t *testing.T) {
	for _, test := range []struct {
		id   string
		want coverage.Reason
	}{{"CVE-2024-0001", coverage.NoReason}, {"MAL-2022-1", coverage.NoReason}, {"", coverage.NoEcosystemFeed}} {
		var records []intel.Record
		if test.id != "" {
			records = append(records, advises("X-1", "left", test.id, intel.SeverityUnknown))
		}
		out := new(assess.Output)
		if err := newAssessor(t, build(t, records...)).Device(input(host(npm("right", "1.0")), nil), out); err != nil {
			t.Fatal(err)
		}
		found := false
		for _, tally := range out.Coverage.Software {
			found = found || tally.Reason == test.want
		}
		if !found {
			t.Errorf("with %q: %+v, want the reason %v", test.id, out.Coverage.Software, test.want)
		}
	}
}
