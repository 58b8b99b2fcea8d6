package cve5_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// counts sums up a corpus.
type counts struct {
	Records, LeftOut, Rejected, Public, Verified  int
	Statements, Ranges, Unbounded, Aliases, Pairs int
}

func count(records map[string]intel.Record, odd []error) counts {
	c := counts{Records: len(records), LeftOut: len(odd)}
	pairs := map[[2]string]bool{}
	for _, r := range records {
		c.Aliases += len(r.Aliases)
		switch {
		case r.CVE.Rejected:
			c.Rejected++
		case r.CVE.Exploit == intel.ExploitPublic:
			c.Public++
		case r.CVE.Exploit == intel.ExploitVerified:
			c.Verified++
		}
		for _, a := range r.Affected {
			c.Statements++
			c.Ranges += len(a.Versions)
			if a.Versions[0] == (intel.Range{}) && len(a.Versions) == 1 {
				c.Unbounded++
			}
			if a.Part != "" {
				pairs[[2]string{a.Vendor, a.Product}] = true
			}
		}
	}
	c.Pairs = len(pairs)
	return c
}

// boundedOnWindows returns the records in which Microsoft bounds the versions of one of its products, but for
// those of macOS, whose builds have another form ("16.89.24091630").
func boundedOnWindows(records map[string]intel.Record, product string) (found []string) {
	for source, r := range records {
		for _, a := range r.Affected {
			if a.Vendor != "microsoft" || a.Product != product || a.By != intel.ByCNA {
				continue
			}
			for _, v := range a.Versions {
				if v.High != "" && !strings.HasPrefix(v.High, "16.") || strings.HasPrefix(v.High, "16.0.") {
					found = append(found, source+" "+v.High)
				}
			}
		}
	}
	return found
}

// The counts in the README of the corpus: 44,130 records, 104 rejected, 227 with KEV data or SSVC
// "active". The counts of what is read guard against silent loss.
func TestVulnrichment(t *testing.T) {
	records, odd := parse(t, inteltest.Shared(t, "cve5/vulnrichment-develop.tar.gz"))
	want := counts{
		Records: 44130, LeftOut: 95, Rejected: 104, Public: 8479, Verified: 227,
		Statements: 77851, Ranges: 182891, Unbounded: 423, Aliases: 86547, Pairs: 9811,
	}
	if diff := cmp.Diff(want, count(records, odd)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for _, product := range []string{"365_apps", "office_long_term_servicing_channel"} {
		if found := boundedOnWindows(records, product); len(found) > 0 { // alias.txt: builds unknown
			t.Errorf("Microsoft names builds of %s now: %.3q", product, found)
		}
	}
	if n := openBelow(records, "chrome"); n < 310 {
		t.Errorf("trap 4: %d records of Chrome are open below, want at least 310", n)
	}
}

// openBelow counts the records of a CNA with a range from the first version.
func openBelow(records map[string]intel.Record, assigner string) int {
	n := 0
	for _, r := range records {
		if slices.ContainsFunc(r.Affected, func(a intel.Affected) bool {
			return a.Assigner == assigner && a.By == intel.ByCNA && a.Versions[0].Low == "" && a.Versions[0].High != ""
		}) {
			n++
		}
	}
	return n
}

func TestCvelistLayout(t *testing.T) {
	want := counts{
		Records: 2031, LeftOut: 6, Rejected: 15, Public: 95, Verified: 227,
		Statements: 4059, Ranges: 12427, Aliases: 3307, Pairs: 281,
	}
	if diff := cmp.Diff(want, count(parse(t, inteltest.Shared(t, "cve5/cvelistV5-layout-sample.zip")))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkParse(b *testing.B) {
	fsys := inteltest.Shared(b, "cve5/vulnrichment-develop.tar.gz")
	b.SetBytes(270 << 20) // of JSON
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range (cve5.Feed{}).Parse(b.Context(), fsys) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric(float64(n), "records")
	}
}
