package suggest_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/intel/suggest"
)

// standard are whole feeds of the kinds that every fleet needs.
var standard = []coverage.Feed{
	{Name: "cvelistV5", Kind: intel.CVE5}, {Name: "nvd", Kind: intel.NVD}, {Name: "kev", Kind: intel.KEV},
	{Name: "endoflife", Kind: intel.EOL}, {Name: "epss", Kind: intel.EPSS},
	{Name: "msfdb", Kind: intel.Metasploit}, {Name: "exploitdb", Kind: intel.ExploitDB}, {Name: "nuclei", Kind: intel.Nuclei},
}

const (
	bucket  = "https://storage.googleapis.com/osv-vulnerabilities/"
	tracker = "https://security-tracker.debian.org/tracker/data/json"
)

func TestFeeds(t *testing.T) {
	debian := coverage.Feed{Name: "debian", Kind: intel.OSV, Part: "Debian:12: 9 of about 52,000 advisories",
		Ecosystems: []coverage.Ecosystem{{Name: "Debian:12", Part: "9 of about 52,000 advisories"}}}
	for _, test := range []struct {
		what  string
		fleet suggest.Fleet
		want  []suggest.Feed
	}{
		{"nothing at all", suggest.Fleet{}, []suggest.Feed{
			{Kind: "cve5", Name: "cvelistV5", URL: "https://github.com/CVEProject/cvelistV5/releases/latest", State: "missing"},
			{Kind: "eol", Name: "endoflife", URL: "https://endoflife.date/api/v1/products/full", State: "missing"},
			{Kind: "epss", Name: "epss", URL: "https://epss.empiricalsecurity.com/epss_scores-current.csv.gz", State: "missing"},
			{Kind: "exploitdb", Name: "exploitdb", State: "missing",
				URL: "https://gitlab.com/exploit-database/exploitdb/-/raw/main/files_exploits.csv"},
			{Kind: "kev", Name: "kev", State: "missing",
				URL: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"},
			{Kind: "metasploit", Name: "metasploit", State: "missing",
				URL: "https://raw.githubusercontent.com/rapid7/metasploit-framework/master/db/modules_metadata_base.json"},
			{Kind: "nuclei", Name: "nuclei", State: "missing",
				URL: "https://raw.githubusercontent.com/projectdiscovery/nuclei-templates/main/cves.json"},
			{Kind: "nvd", Name: "nvd", URL: "https://nvd.nist.gov/vuln/data-feeds", State: "missing"},
		}},
		{"all is there", suggest.Fleet{Devices: 9, Have: standard}, nil},
		{"two releases and a language", suggest.Fleet{Devices: 9, Have: standard, Wants: []counts.Wanted{
			{Name: "Debian:13", Devices: 4}, {Name: "Debian:11", Devices: 2}, {Name: "npm", Devices: 8}, {Name: "Rocky Linux:9"}}},
			[]suggest.Feed{
				{Kind: "osv", Name: "npm", URL: bucket + "npm/all.zip", State: "missing", Devices: 8, For: []string{"npm"}},
				{Kind: "debian", Name: "Debian", URL: tracker, State: "missing", Devices: 6,
					For: []string{"Debian:11", "Debian:13"}},
				{Kind: "osv", Name: "Rocky Linux", URL: bucket + "Rocky%20Linux/all.zip", State: "missing",
					For: []string{"Rocky Linux:9"}},
			}},
		{"a part", suggest.Fleet{Devices: 9, Have: append(slices.Clone(standard), debian),
			Wants: []counts.Wanted{{Name: "Debian:12", Devices: 3}}},
			[]suggest.Feed{{Kind: "debian", Name: "Debian", URL: tracker, State: "part", Devices: 3,
				For: []string{"Debian:12"}, Has: "Debian:12: 9 of about 52,000 advisories"}}},
		{"part of the CVE records", suggest.Fleet{Devices: 9,
			Have:  append([]coverage.Feed{{Name: "few", Kind: intel.CVE5, Part: "CVE records of 2024 only"}}, standard[1:]...),
			Wants: []counts.Wanted{{Name: "cve5", Devices: 3}}},
			[]suggest.Feed{{Kind: "cve5", Name: "cvelistV5", URL: "https://github.com/CVEProject/cvelistV5/releases/latest",
				State: "part", Devices: 9, Has: "CVE records of 2024 only"}}},
		{"old, and imported by hand", suggest.Fleet{Devices: 9, Old: []string{"vulnrichment"},
			Have: append([]coverage.Feed{{Name: "vulnrichment", Kind: intel.CVE5, Part: "a part"}}, standard...)},
			[]suggest.Feed{{Kind: "cve5", Name: "vulnrichment", State: "old", URL: "https://github.com/cisagov/vulnrichment"}}},
		{"updates of Windows", suggest.Fleet{Devices: 20, Have: standard,
			Wants: []counts.Wanted{{Name: "msrc", Devices: 12}, {Name: "sofa", Devices: 3}}},
			[]suggest.Feed{
				{Kind: "msrc", Name: "msrc", State: "missing", Devices: 12,
					URL: "https://api.msrc.microsoft.com/cvrf/v3.0/updates"},
				{Kind: "sofa", Name: "sofa", State: "missing", Devices: 3,
					URL: "https://sofafeed.macadmins.io/v2/macos_data_feed.json"},
			}},
		{"old", suggest.Fleet{Devices: 9, Have: standard, Old: []string{"kev"}},
			[]suggest.Feed{{Kind: "kev", Name: "kev", State: "old",
				URL: "https://www.cisa.gov/sites/default/files/feeds/known_exploited_vulnerabilities.json"}}},
	} {
		if diff := cmp.Diff(test.want, test.fleet.Feeds()); diff != "" {
			t.Errorf("%s: (-want +got)\n%s", test.what, diff)
		}
	}
}

// TestFeedsHaveWhatIsWanted: every ecosystem that is wanted is suggested once, with an address, and
// no feed is said to be needed by more devices than there are.
func TestFeedsHaveWhatIsWanted(t *testing.T) {
	names := []string{"Debian:11", "Debian:12", "npm", "Red Hat", "SUSE", "Ubuntu:24.04:LTS", "cve5", "Alpine:v3.20", "msrc", "sofa"}
	rapid.Check(t, func(rt *rapid.T) {
		fleet := suggest.Fleet{Devices: 20}
		for _, name := range rapid.SliceOfDistinct(rapid.SampledFrom(names), rapid.ID[string]).Draw(rt, "wants") {
			fleet.Wants = append(fleet.Wants, counts.Wanted{Name: name, Devices: rapid.Int64Range(1, 20).Draw(rt, "devices")})
		}
		got := fleet.Feeds()
		if !cmp.Equal(got, fleet.Feeds()) {
			rt.Fatal("the order changes")
		}
		for _, w := range fleet.Wants {
			named := 0
			for _, f := range got {
				base, _, _ := strings.Cut(w.Name, ":")
				if string(f.Kind) == w.Name || f.Kind.Advises() && (f.Name == base || f.Name == w.Name) {
					named++
				}
				if !strings.HasPrefix(f.URL, "https://") || strings.Contains(f.URL, " ") || f.Devices > 20 || f.State == "" {
					rt.Fatalf("%+v", f)
				}
			}
			want := 1
			if e, _ := ecosystem.Of(w.Name); e.Beside != "" {
				want = 2
			}
			if named != want {
				rt.Fatalf("%q is suggested %d times, want %d", w.Name, named, want)
			}
		}
	})
}
