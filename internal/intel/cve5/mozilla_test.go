package cve5_test

import (
	"strings"
	"testing"
	"testing/fstest"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// TestMozillaAdvisories: an advisory of Mozilla's names the update where a record refers to one, and only there.
func TestMozillaAdvisories(t *testing.T) {
	const of = "https://www.mozilla.org/security/advisories/mfsa20"
	const named, address = "mfsa2024-51", "https://www.mozilla.org/en-US/security/advisories/mfsa2024-51/"
	for _, test := range []struct {
		assigner, versions string
		references         []string
		want               intel.Fix
	}{
		{"mozilla", `"lessThan":"131.0.2"`, []string{"https://bugzilla.mozilla.org/1", of + "24-51/"},
			intel.Fix{Title: named, URL: address, Available: true}},
		{"mozilla", `"lessThan":"131.0.2"`, []string{of + "24-51/", "https://www.mozilla.org/en-US/security/advisories/mfsa2024-51"},
			intel.Fix{Title: named, URL: address, Available: true}},
		{"mozilla", `"lessThan":"131.0.2"`, []string{of + "24-51/", of + "24-52/"}, intel.Fix{Available: true}},
		{"mozilla", `"lessThan":"131.0.2"`, []string{of + "24-51/more", "http://www.mozilla.org/security/advisories/mfsa2024-51/"},
			intel.Fix{Available: true}},
		{"mozilla", `"lessThanOrEqual":"131.0.1"`, []string{of + "24-51/"}, intel.Fix{}},
		{"acme", `"lessThan":"131.0.2"`, []string{of + "24-51/"}, intel.Fix{Available: true}},
	} {
		records, odd := parse(t, fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(`{"cveMetadata":{"cveId":"CVE-2024-0001",
			"state":"PUBLISHED","assignerShortName":"` + test.assigner + `"},"containers":{"cna":{"references":[{"url":"` +
			strings.Join(test.references, `"},{"url":"`) + `"}],"affected":[{"vendor":"Mozilla","product":"Firefox","versions":[
			{"version":"unspecified",` + test.versions + `,"status":"affected"}]}]}}}`)}})
		if a := records["CVE-2024-0001"].Affected; len(a) != 1 || a[0].Fix != test.want || len(odd) > 0 {
			t.Errorf("%s, %s: %+v, left out %v; want %+v", test.assigner, test.references, a, odd, test.want)
		}
	}
}

// TestMozillaAdvisoriesOfRealRecords counts the records of Mozilla's that refer to one advisory.
func TestMozillaAdvisoriesOfRealRecords(t *testing.T) {
	records, _ := parse(t, inteltest.Shared(t, "cve5/vulnrichment-develop.tar.gz"))
	named, others := 0, 0
	for _, r := range records {
		for _, a := range r.Affected {
			if a.Assigner == "mozilla" && a.By == intel.ByCNA && a.Fix.Title != "" {
				named++
			} else if a.Fix.Title != "" {
				others++
			}
		}
	}
	if named != 70 || others != 0 {
		t.Errorf("%d statements have an advisory, want 70, and %d of others", named, others)
	}
}
