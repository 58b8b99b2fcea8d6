package osv_test

import (
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/osv"
)

// The samples are real advisories reduced to facts; GO-2024-2730 was withdrawn.
func TestParse(t *testing.T) {
	records, odd := inteltest.Parse(t, osv.Feed{}, os.DirFS("testdata"))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	got := map[string]intel.Record{}
	for _, r := range records {
		r.Packages = r.Packages[:1]
		r.Published, r.Modified = time.Time{}, time.Time{} // package feeds tests the dates of all kinds
		got[r.Source] = r
	}
	score := func(version, vector string, base float64) []intel.Score {
		return []intel.Score{{Version: version, Vector: vector, Base: base, By: intel.ByDistribution}}
	}
	want := map[string]intel.Record{
		"ALSA-2024:6783": {Source: "ALSA-2024:6783", Packages: []intel.Package{{
			CVEs: []string{"CVE-2024-6119"}, Advisory: "ALSA-2024:6783", Ecosystem: "AlmaLinux:9", Name: "openssl",
			Ranges: []intel.Range{{High: "1:3.0.7-28.el9_4"}},
			Fix:    intel.Fix{ID: "ALSA-2024:6783", URL: "https://errata.almalinux.org/9/ALSA-2024-6783.html", Available: true},
		}}},
		"GO-2024-2687": {Source: "GO-2024-2687", Packages: []intel.Package{{
			CVEs: []string{"CVE-2023-45288"}, Advisory: "GO-2024-2687", Ecosystem: "Go", Name: "stdlib",
			Ranges: []intel.Range{{High: "1.21.9"}, {Low: "1.22.0-0", High: "1.22.2"}},
			Fix:    intel.Fix{ID: "GO-2024-2687", URL: "https://pkg.go.dev/vuln/GO-2024-2687", Available: true},
		}}},
		"DLA-3068-1": {Source: "DLA-3068-1", Packages: []intel.Package{{
			CVEs: []string{"CVE-2022-2319", "CVE-2022-2320"}, Advisory: "DLA-3068-1",
			Ecosystem: "Debian:10", Name: "xorg-server",
			Ranges: []intel.Range{{High: "2:1.20.4-1+deb10u5"}},
			Fix:    intel.Fix{ID: "DLA-3068-1", URL: "https://security-tracker.debian.org/tracker/DLA-3068-1", Available: true},
		}}},
		"UBUNTU-CVE-2014-9913": {
			Source: "UBUNTU-CVE-2014-9913",
			CVE:    &intel.CVE{ID: "CVE-2014-9913", Scores: score("3.0", "CVSS:3.0/AV:L/AC:L/PR:N/UI:N/S:U/C:N/I:N/A:L", 4.0)},
			Packages: []intel.Package{{
				CVEs: []string{"CVE-2014-9913"}, Advisory: "UBUNTU-CVE-2014-9913",
				Ecosystem: "Ubuntu:Pro:14.04:LTS", Name: "unzip",
				PURL:     "pkg:deb/ubuntu/unzip@6.0-9ubuntu1.6?arch=source&distro=trusty/esm",
				Ranges:   []intel.Range{{High: "6.0-9ubuntu1.6"}},
				Severity: intel.SeverityLow,
				Fix:      intel.Fix{Title: "Ubuntu Pro: unzip 6.0-9ubuntu1.6", Available: true},
			}},
		},
		"USN-5614-1": {Source: "USN-5614-1", Packages: []intel.Package{{
			CVEs: []string{"CVE-2021-3782"}, Advisory: "USN-5614-1", Ecosystem: "Ubuntu:18.04:LTS", Name: "wayland",
			PURL:   "pkg:deb/ubuntu/wayland@1.16.0-1ubuntu1.1~18.04.4?arch=source&distro=bionic",
			Ranges: []intel.Range{{High: "1.16.0-1ubuntu1.1~18.04.4"}},
			Fix:    intel.Fix{ID: "USN-5614-1", URL: "https://ubuntu.com/security/notices/USN-5614-1", Available: true},
		}}},
		"BIT-postgresql-2024-24213": {
			Source: "BIT-postgresql-2024-24213",
			CVE:    &intel.CVE{ID: "CVE-2024-24213", Scores: score("3.1", "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", 9.8)},
			Packages: []intel.Package{{
				CVEs: []string{"CVE-2024-24213"}, Advisory: "BIT-postgresql-2024-24213", Ecosystem: "Bitnami", Name: "postgresql",
				PURL:     "pkg:bitnami/postgresql",
				Ranges:   []intel.Range{{Low: "15.1.0", High: "15.1.0", HighIncluded: true}},
				Severity: intel.SeverityCritical,
			}},
		},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestEvents(t *testing.T) {
	tests := []struct {
		name, events string
		want         []intel.Range
	}{
		{"never fixed", `{"introduced":"0"}`, []intel.Range{{}}},
		{"again open", `{"introduced":"0"},{"fixed":"1"},{"introduced":"2"}`, []intel.Range{{High: "1"}, {Low: "2"}}},
		{"both in one", `{"introduced":"1","fixed":"2"}`, []intel.Range{{Low: "1", High: "2"}}},
		{"an end alone", `{"fixed":"2"}`, nil},
		{"a limit", `{"introduced":"1"},{"limit":"3"},{"fixed":"2"}`, []intel.Range{{Low: "1", High: "2"}}},
		{"a limit before the end", `{"introduced":"1"},{"limit":"2"},{"limit":"1.5"}`, []intel.Range{{Low: "1", High: "2"}}},
		{"no limit", `{"introduced":"1"},{"limit":"2"},{"limit":"*"}`, []intel.Range{{Low: "1"}}},
		{"not sorted", `{"fixed":"2"},{"introduced":"3"},{"introduced":"0"}`, []intel.Range{{High: "2"}, {Low: "3"}}},
		{"introduced again", `{"introduced":"1"},{"introduced":"2"},{"fixed":"3"}`, []intel.Range{{Low: "1", High: "3"}}},
		{"fixed again", `{"introduced":"1"},{"fixed":"2"},{"fixed":"3"}`, []intel.Range{{Low: "1", High: "2"}}},
		{"one version", `{"last_affected":"2"},{"introduced":"2"}`, []intel.Range{{Low: "2", High: "2", HighIncluded: true}}},
		{"never affected", `{"introduced":"0"},{"fixed":"0"}`, nil},
		{"numbers, not texts", `{"introduced":"10"},{"introduced":"9"},{"fixed":"9.5"},{"fixed":"11"}`,
			[]intel.Range{{Low: "9", High: "9.5"}, {Low: "10", High: "11"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, odd := inteltest.Parse(t, osv.Feed{},
				one(`{"type":"SEMVER","events":[`+tt.events+`]},{"type":"GIT","events":[{"introduced":"0"}]}`))
			if len(odd) > 0 {
				t.Fatal(odd)
			}
			if diff := cmp.Diff(tt.want, records[0].Packages[0].Ranges); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// one is a feed with one advisory and the given ranges.
func one(ranges string) fs.FS {
	return inteltest.File("X-1.json", `{"id":"X-1","affected":[{"package":{"ecosystem":"Go","name":"p"},"ranges":[`+
		ranges+`]}]}`)
}

func TestBadInput(t *testing.T) {
	tests := []struct {
		name string
		fsys fs.FS
		want string
	}{
		{"no id", inteltest.File("a.json", `{}`), "a.json"},
		{"no package", inteltest.File("a.json", `{"id":"X-1","affected":[{}]}`), "names no package"},
		{"not a version", one(`{"type":"SEMVER","events":[{"introduced":"master"},{"fixed":"3"}]}`),
			"cannot compare"},
		{"too many events", one(`{"type":"SEMVER","events":[` + strings.Repeat(`{"introduced":"1"},`, 10_000) +
			`{"fixed":"3"}]}`), "more than 10000 events"},
		{"two orders", inteltest.File("a.json", `{"id":"X-1","affected":[{"package":{"ecosystem":"PyPI","name":"p"},"ranges":[`+
			`{"type":"SEMVER","events":[{"introduced":"1.0.0-rc1"},{"fixed":"1.0.0-2"}]}]}]}`), "otherwise than the ecosystem"},
		{"another shape", inteltest.File("a.json", `{"id":1}`), "cannot unmarshal"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var odd []error
			for _, err := range (osv.Feed{}).Parse(t.Context(), tt.fsys) {
				odd = append(odd, err)
			}
			if len(odd) != 2 || !strings.Contains(odd[0].Error(), tt.want) {
				t.Errorf("errors %v; want one with %q, then that there is no record", odd, tt.want)
			}
		})
	}
}

// The counts in the READMEs of the archives. Withdrawn advisories, 17 of Go and 3 of Ubuntu, give
// no record. Others are advisories that name no CVE and are about a vulnerability.
func TestArchives(t *testing.T) {
	type counts struct{ Records, LeftOut, Packages, CVEs, Others int }
	tests := []struct {
		file string
		want counts
	}{
		{"AlmaLinux-8/all.zip", counts{Records: 3237, Packages: 40838, CVEs: 5426, Others: 4}},
		{"AlmaLinux-9/all.zip", counts{Records: 1783, Packages: 24012, CVEs: 4145, Others: 4}},
		{"AlmaLinux-10/all.zip", counts{Records: 660, Packages: 6479, CVEs: 1682, Others: 1}},
		{"Go/all.zip", counts{Records: 4291 - 17, Packages: 6106, CVEs: 3905, Others: 388}},
		{"Bitnami/sample.zip", counts{Records: 1428, Packages: 1428, CVEs: 1421}},
		{"Debian/dsa-dla.zip", counts{Records: 2406, Packages: 1432 + 909 + 413 + 133, CVEs: 8455, Others: 48}},
		{"Ubuntu/sample.zip", counts{Records: 10 - 3, Packages: 49, CVEs: 6}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			records, odd := inteltest.Parse(t, osv.Feed{}, inteltest.Shared(t, "osv/"+tt.file))
			got := counts{Records: len(records), LeftOut: len(odd)}
			cves := map[string]bool{}
			for _, r := range records {
				got.Packages += len(r.Packages)
				for _, p := range r.Packages {
					for _, cve := range p.CVEs {
						cves[cve] = true
					}
				}
			}
			for id := range cves {
				if intel.IsCVE(id) {
					got.CVEs++
				} else {
					got.Others++
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// For any advisory, a statement names a package, and what it is about is a CVE or one advisory.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"ALSA-2024_6783", "UBUNTU-CVE-2014-9913", "BIT-postgresql-2024-24213"} {
		data, err := os.ReadFile("testdata/" + name + ".json")
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
	}
	f.Fuzz(func(t *testing.T, text string) {
		for record, err := range (osv.Feed{}).Parse(t.Context(), inteltest.File("x.json", text)) {
			if err != nil {
				continue
			}
			for _, p := range record.Packages {
				if p.Ecosystem == "" || p.Name == "" || p.Advisory == "" {
					t.Errorf("statement %+v is incomplete", p)
				}
				for _, id := range p.CVEs {
					if !intel.IsCVE(id) && (!intel.IsVulnerability(id) || len(p.CVEs) > 1) {
						t.Errorf("%q among %q is neither a CVE nor the only advisory", id, p.CVEs)
					}
				}
			}
		}
	})
}

// TestWords: an advisory describes a CVE only if it is about that one alone.
func TestWords(t *testing.T) {
	said := intel.Words{By: intel.ByDistribution, Title: "Short", Description: "Long"}
	for ids, want := range map[string]intel.Words{
		`"id":"CVE-2024-0001"`: said,
		`"id":"UBUNTU-CVE-2024-0001","upstream":["CVE-2024-0001"]`:                   said,
		`"id":"GO-2024-1","aliases":["CVE-2024-0001","GHSA-1"]`:                      said,
		`"id":"DSA-1","upstream":["CVE-2024-0001"]`:                                  {},
		`"id":"ALSA-1","related":["CVE-2024-0001"]`:                                  {},
		`"id":"GO-2024-1","aliases":["CVE-2024-0001","CVE-2024-0002"]`:               {},
		`"id":"DEBIAN-CVE-2024-0001","aliases":["CVE-2024-0002"],"upstream":["ADV"]`: {},
	} {
		records, _ := inteltest.Parse(t, osv.Feed{}, inteltest.File("a.json", `{`+ids+`,"summary":"Short","details":"Long",
			"affected":[{"package":{"ecosystem":"Go","name":"a"},"versions":["1.0.0"]}]}`))
		var got intel.Words
		if len(records) == 1 && records[0].CVE != nil {
			got = records[0].CVE.Words
		}
		if diff := cmp.Diff(want, got); len(records) != 1 || diff != "" {
			t.Errorf("%s (-want +got):\n%s", ids, diff)
		}
	}
}
