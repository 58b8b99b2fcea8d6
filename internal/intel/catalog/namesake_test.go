package catalog_test

import (
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// TestPackagesWithoutAdvisories: where no feed of its ecosystem is there, a package uses the statements
// on the one CPE pair that names it.
func TestPackagesWithoutAdvisories(t *testing.T) {
	on := func(cve, vendor, product, target string) intel.Record {
		r := affects(cve, vendor, product, "1.10")
		r.Affected[0].TargetSW = target
		return r
	}
	records := []intel.Record{
		on("CVE-2022-0001", "org.apache.commons", "commons-text", "maven"),
		on("CVE-2022-0002", "com.example", "commons-text", "maven"),
		on("CVE-2022-0003", "djangoproject", "django", "python"),
		on("CVE-2022-0004", "example", "django", "node.js"),
		on("CVE-2022-0005", "fresh_project", "fresh", "node.js"),
		on("CVE-2022-0006", "other_project", "fresh", "node.js"),
		on("CVE-2022-0007", "gogs", "gogs", "go"),
		on("CVE-2022-0008", "acme", "plain", ""),
	}
	c := build(t, catalog.Config{}, records...)
	for _, test := range []struct{ purl, cve string }{
		{"pkg:maven/org.apache.commons/commons-text@1.8", "CVE-2022-0001"},
		{"pkg:maven/com.example/commons-text@1.8", "CVE-2022-0002"},
		{"pkg:maven/org.elsewhere/commons-text@1.8", ""},
		{"pkg:maven/org.apache.commons/commons-text@1.10", ""},
		{"pkg:pypi/Django@1.8", "CVE-2022-0003"},
		{"pkg:npm/django@1.8.0", "CVE-2022-0004"},
		{"pkg:npm/fresh@0.1.0", ""}, // of two pairs one is another package
		{"pkg:golang/github.com/gogs/gogs@0.9.0", "CVE-2022-0007"},
		{"pkg:golang/github.com/else/gogs@0.9.0", ""},
		{"pkg:pypi/plain@1.0", ""}, // no statement on it names an ecosystem
	} {
		v := c.Verdict(catalog.Component{Kind: "library", Name: "x", Version: "1", PURL: test.purl})
		var got string
		for _, h := range v.Hits {
			got += h.CVE
		}
		if got != test.cve {
			t.Errorf("%s: %q, want %q", test.purl, got, test.cve)
		}
	}
	advised := intel.Record{Source: "PYSEC-1", Packages: []intel.Package{{CVEs: []string{"CVE-2022-0009"}, Advisory: "PYSEC-1",
		Ecosystem: "PyPI", Name: "other", Ranges: []intel.Range{{High: "9"}}}}}
	with := build(t, catalog.Config{}, append(records, advised)...)
	if v := with.Verdict(catalog.Component{Kind: "pypi", Name: "django", Version: "1.8"}); len(v.Hits) > 0 {
		t.Errorf("with advisories: %+v", v.Hits)
	}
}
