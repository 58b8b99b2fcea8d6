package cve5_test

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// parse returns the records of fsys by CVE, and the errors of records left out.
func parse(t testing.TB, fsys fs.FS) (map[string]intel.Record, []error) {
	t.Helper()
	list, odd := inteltest.Parse(t, cve5.Feed{}, fsys)
	records := make(map[string]intel.Record, len(list))
	for _, record := range list {
		records[record.Source] = record
	}
	return records, odd
}

// sample parses one real record of testdata, cut down to facts.
func sample(t *testing.T, id string) intel.Record {
	t.Helper()
	data, err := os.ReadFile("testdata/" + id + ".json")
	if err != nil {
		t.Fatal(err)
	}
	records, _ := parse(t, fstest.MapFS{id + ".json": {Data: data}})
	return records[id]
}

// versionsOf returns the versions that a record states for a product by one authority, with a CPE
// or, for product texts, without.
func versionsOf(r intel.Record, product string, by intel.Authority) [][]intel.Range {
	var all [][]intel.Range
	for _, a := range r.Affected {
		if a.Product == product && a.By == by {
			all = append(all, a.Versions)
		}
	}
	return all
}

// want compares one product's statements, given as groups of ranges.
func want(t *testing.T, r intel.Record, product string, by intel.Authority, groups ...[]intel.Range) {
	t.Helper()
	if diff := cmp.Diff(groups, versionsOf(r, product, by)); diff != "" {
		t.Errorf("%s: versions of %q (-want +got):\n%s", r.Source, product, diff)
	}
}

func TestTrap1FixedBuildInCPE(t *testing.T) {
	r := sample(t, "CVE-2024-38063")
	want(t, r, "windows_10_1809", intel.ByCNA, []intel.Range{{Low: "10.0.0", High: "10.0.17763.6293"}})
	for _, a := range r.Affected {
		for _, v := range a.Versions {
			if v.Exact != "" {
				t.Errorf("%s %s: %q is the fixed build, not an affected one", a.Vendor, a.Product, v.Exact)
			}
		}
	}
}

func TestTrap2UpperCase(t *testing.T) {
	r := sample(t, "CVE-2024-38063")
	for _, product := range []string{"windows_10_22h2", "windows_11_21h2"} {
		if len(versionsOf(r, product, intel.ByCNA)) != 1 {
			t.Errorf("%q is not found in lower case", product)
		}
	}
}

func TestTrap3CrossProduct(t *testing.T) {
	r := sample(t, "CVE-2024-20433")
	got := versionsOf(r, "ios", intel.ByADP)
	if len(got) != 1 || len(got[0]) != 12 {
		t.Errorf("12 CPEs beside 12 versions give %v, want one statement of 12 versions", got)
	}
}

func TestTrap4VersionEqualsLessThan(t *testing.T) {
	want(t, sample(t, "CVE-2023-1226"), "Chrome", intel.ByCNA, []intel.Range{{High: "111.0.5563.64"}})
}

func TestTrap5Unspecified(t *testing.T) {
	want(t, sample(t, "CVE-2024-9680"), "Firefox", intel.ByCNA, []intel.Range{{High: "131.0.2"}})
}

func TestTrap5Operators(t *testing.T) {
	want(t, sample(t, "CVE-2023-47635"), "decidim", intel.ByCNA, []intel.Range{{Low: "0.23.0", High: "0.27.5"}})
	want(t, sample(t, "CVE-2019-13946"), "Development/Evaluation Kits for PROFINET IO: EK-ERTEC 200P", intel.ByCNA,
		[]intel.Range{{High: "V4.6"}})
}

func TestTrap5Prose(t *testing.T) {
	r := sample(t, "CVE-2019-1387") // "Before v2.24.1"; CISA typed "2,24.1" beside it
	want(t, r, "Git", intel.ByCNA)
	for _, v := range versionsOf(r, "git", intel.ByADP)[0] {
		if v.High == "2,24.1" {
			t.Errorf("%q was read as a bound", v.High)
		}
	}
}

func TestTrap6DefaultStatusAffected(t *testing.T) {
	r := sample(t, "CVE-2019-25160")
	want(t, r, "Linux", intel.ByCNA, []intel.Range{
		{},
		{High: "2.6.19", Unaffected: true},
		{Low: "3.16.66", High: "3.17", Unaffected: true},
		{Low: "3.18.137", High: "3.19", Unaffected: true},
		{Low: "4.4.177", High: "4.5", Unaffected: true},
		{Low: "4.9.163", High: "4.10", Unaffected: true},
		{Low: "4.14.106", High: "4.15", Unaffected: true},
		{Low: "4.19.28", High: "4.20", Unaffected: true},
		{Low: "4.20.15", High: "4.21", Unaffected: true},
		{Low: "5.0", Unaffected: true},
	})
	want(t, sample(t, "CVE-2023-39151"), "Jenkins", intel.ByCNA, []intel.Range{
		{},
		{Low: "2.416", Unaffected: true},
		{Low: "2.401.3", High: "2.402", Unaffected: true},
		{Low: "2.414.1", High: "2.415", Unaffected: true},
	})
}

func TestTrap6AffectedWithoutVersions(t *testing.T) {
	r := sample(t, "CVE-2023-39329") // Red Hat: products and no versions
	for _, a := range r.Affected {
		if a.Vendor == "redhat" || a.Vendor == "Red Hat" {
			t.Errorf("%+v rests on no version", a)
		}
	}
}

func TestTrap7Unversioned(t *testing.T) {
	r := sample(t, "CVE-2019-10936") // CISA: "0" to "*" beside an unversioned CPE
	want(t, r, "dk_standard_ethernet_controller_firmware", intel.ByADP)
	want(t, r, "ek-ertec_200_firmware", intel.ByADP)
}

func TestFacts(t *testing.T) {
	got := sample(t, "CVE-2024-9680")
	want := &intel.CVE{
		ID:        "CVE-2024-9680",
		Published: time.Date(2024, 10, 9, 12, 59, 7, 0, time.UTC),
		Scores: []intel.Score{{
			Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:N/S:U/C:H/I:H/A:H", Base: 9.8, By: intel.ByADP,
		}},
		Exploit: intel.ExploitVerified,
		KEV:     &intel.Exploited{Added: time.Date(2024, 10, 15, 0, 0, 0, 0, time.UTC), Copied: true},
	}
	got.CVE.Published = got.CVE.Published.Truncate(time.Second)
	if diff := cmp.Diff(want, got.CVE); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	wantAliases := []intel.Alias{
		{VendorText: "mozilla", ProductText: "firefox", Part: "a", Vendor: "mozilla", Product: "firefox"},
		{VendorText: "mozilla", ProductText: "firefox_esr", Part: "a", Vendor: "mozilla", Product: "firefox_esr"},
		{VendorText: "mozilla", ProductText: "thunderbird", Part: "a", Vendor: "mozilla", Product: "thunderbird"},
		{VendorText: "Mozilla", ProductText: "Firefox", Part: "a", Vendor: "mozilla", Product: "firefox"},
		{VendorText: "Mozilla", ProductText: "Firefox ESR", Part: "a", Vendor: "mozilla", Product: "firefox_esr"},
		{VendorText: "Mozilla", ProductText: "Thunderbird", Part: "a", Vendor: "mozilla", Product: "thunderbird"},
	}
	if diff := cmp.Diff(wantAliases, got.Aliases); diff != "" {
		t.Errorf("aliases (-want +got):\n%s", diff)
	}
}

func TestSeverity(t *testing.T) {
	metric := func(kind, content string) string {
		return `"metrics":[{"other":{"type":"` + kind + `","content":` + content + `}}]`
	}
	text := func(text string) string { return `"descriptions":[{"lang":"en","value":"` + text + `"}]` }
	tests := []struct {
		cna  string
		want intel.Severity
	}{
		{metric("Textual description of severity", `{"text":"important"}`), intel.SeverityHigh},
		{metric("Red Hat severity rating", `{"value":"Moderate","namespace":"https://access.redhat.com/"}`),
			intel.SeverityMedium},
		{metric("unknown", `{"other":"low"}`), intel.SeverityLow},
		{metric("unknown", `["critical"]`), intel.SeverityUnknown},
		{metric("ssvc", `{"value":"high","options":[]}`), intel.SeverityUnknown},
		{text("A flaw in V8. (Chromium security severity: Critical)"), intel.SeverityCritical},
		{text("A flaw in ChromeOS. (Chrome security severity: Low) "), intel.SeverityLow},
		{text("A flaw (Chromium security severity: High) in V8"), intel.SeverityUnknown},
		{text("security severity: High)"), intel.SeverityUnknown},
		{text(")"), intel.SeverityUnknown},
	}
	for _, test := range tests {
		records, odd := parse(t, fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(
			`{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},"containers":{"cna":{` + test.cna + `}}}`)}})
		if got := records["CVE-2024-0001"].CVE; len(odd) > 0 || got.Severity != test.want {
			t.Errorf("%s: severity %d, want %d; %v", test.cna, got.Severity, test.want, odd)
		}
	}
}

func TestRejected(t *testing.T) {
	want := intel.Record{Source: "CVE-2023-20239", CVE: &intel.CVE{ID: "CVE-2023-20239", Rejected: true},
		Published: time.Date(2024, 5, 22, 16, 51, 21, 77e6, time.UTC)}
	if diff := cmp.Diff(want, sample(t, "CVE-2023-20239")); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// one makes a published record of a single affected entry.
func one(entry string) fstest.MapFS {
	return fstest.MapFS{"CVE-2024-0001.json": {Data: []byte(`{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},
		"containers":{"cna":{"affected":[` + entry + `]}}}`)}}
}

func TestVersions(t *testing.T) {
	tests := []struct {
		name     string
		versions string
		status   string
		want     []intel.Range
	}{
		{"one version", `{"version":"1.2","status":"affected"}`, "", []intel.Range{{Exact: "1.2"}}},
		{"a branch", `{"version":"1.2.x","status":"affected"}`, "", []intel.Range{{Low: "1.2", High: "1.3"}}},
		{"open end", `{"version":"1.2","lessThan":"*","status":"affected"}`, "", []intel.Range{{Low: "1.2"}}},
		{"included end", `{"version":"0","lessThanOrEqual":"1.2","status":"affected"}`, "",
			[]intel.Range{{High: "1.2", HighIncluded: true}}},
		{"explicit unaffected", `{"version":"2","lessThan":"3","status":"unaffected"}`, "",
			[]intel.Range{{Low: "2", High: "3", Unaffected: true}}},
		{"unknown status", `{"version":"2","lessThan":"3","status":"unknown"}`, "", nil},
		{"a change ends it", `{"version":"1","lessThan":"*","status":"affected","changes":[{"at":"1.5","status":"unaffected"}]}`, "",
			[]intel.Range{{Low: "1", High: "1.5"}}},
		{"changes there and back", `{"version":"1","lessThan":"9","status":"affected","changes":[{"at":"2","status":"unaffected"},{"at":"3","status":"affected"}]}`, "",
			[]intel.Range{{Low: "1", High: "2"}, {Low: "3", High: "9"}}},
		{"becomes affected", `{"version":"1","lessThan":"9","status":"unaffected","changes":[{"at":"2","status":"affected"}]}`, "",
			[]intel.Range{{Low: "1", High: "2", Unaffected: true}, {Low: "2", High: "9"}}},
		{"unclear change", `{"version":"1","lessThan":"9","status":"affected","changes":[{"at":"the fix","status":"unaffected"}]}`, "", nil},
		{"list as bound", `{"version":"3","lessThan":"3.0.6920.8954; 2.0.50727.8970","status":"affected"}`, "", nil},
		{"date as bound", `{"version":"0","lessThan":"2020-10-29","status":"affected"}`, "", nil},
		{"words as bound", `{"version":"0","lessThan":"RC7","status":"affected"}`, "", nil},
		{"address as bound", `{"version":"1","lessThan":"https://aka.ms/1","status":"affected"}`, "", nil},
		{"commits", `{"version":"1da177e4c3f4","lessThan":"97bc3683c249","status":"affected","versionType":"git"}`, "", nil},
		{"rpm", `{"version":"0:4.18.0-553","lessThan":"*","status":"unaffected","versionType":"rpm"}`, "affected", nil},
		{"an exception that cannot be read", `{"version":"SMR Jul-2023 Release 1","status":"unaffected"}`, "affected", nil},
		{"first fixed version", `{"version":"6.8","status":"unaffected"}`, "affected",
			[]intel.Range{{}, {Low: "6.8", Unaffected: true}}},
		{"default and ranges", `{"version":"1","lessThan":"2","status":"affected"}`, "affected",
			[]intel.Range{{Low: "1", High: "2"}}},
		{"default and versions", `{"version":"1","status":"affected"}`, "affected", []intel.Range{{Exact: "1"}}},
		{"operator beside a bound", `{"version":"> 2.6.0","lessThan":"< 4.4.13","status":"affected"}`, "",
			[]intel.Range{{Low: "2.6.0", LowExcluded: true, High: "4.4.13"}}},
		{"operators", `{"version":">= 2, <= 3","status":"affected"},{"version":"= 5.1","status":"affected"},{"version":"stable < 3.0.5","status":"affected"}`, "",
			[]intel.Range{{Low: "2", High: "3", HighIncluded: true}, {Exact: "5.1"}}},
		{"three bounds", `{"version":">= 2, < 3, < 4","status":"affected"}`, "", nil},
		{"placeholders", `{"version":"n/a","status":"affected"},{"version":"unspecified","status":"affected"},{"version":"*","status":"affected"},{"version":"0","status":"affected"}`, "", nil},
		{"a version of 10,000 characters", `{"version":"` + strings.Repeat("1.", 5000) + `1","status":"affected"}`, "", nil},
		{"a dot twice", `{"version":"10.0.20348.0","lessThan":"10.0.20348..2762","status":"affected"}`, "",
			[]intel.Range{{Low: "10.0.20348.0", High: "10.0.20348.2762"}}},
		{"repeated", `{"version":"1.2","status":"affected"},{"version":"1.2","status":"affected"}`, "",
			[]intel.Range{{Exact: "1.2"}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, odd := parse(t, one(`{"vendor":"V","product":"P","defaultStatus":"`+
				tt.status+`","versions":[`+tt.versions+`]}`))
			if len(odd) > 0 {
				t.Fatal(odd)
			}
			var got []intel.Range
			for _, a := range records["CVE-2024-0001"].Affected {
				got = append(got, a.Versions...)
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

func TestPlatforms(t *testing.T) {
	windows := intel.Platform{Part: "o", Vendor: "microsoft", Product: "windows"}
	macos := intel.Platform{Part: "o", Vendor: "apple", Product: "macos"}
	tests := []struct {
		platforms string
		want      []intel.Platform
	}{
		{`"Windows"`, []intel.Platform{windows}},
		{`"Windows","MacOS"`, []intel.Platform{windows, macos}},
		{`"Windows 10 Version 1809 for x64-based Systems","x64-based Systems"`, []intel.Platform{windows}},
		{`"x64-based Systems","32-bit Systems"`, nil},
		{`"Windows","Snapdragon Auto"`, nil},
		{`"Unknown"`, nil},
	}
	for _, tt := range tests {
		records, _ := parse(t, one(`{"vendor":"V","product":"P","platforms":[`+
			tt.platforms+`],"versions":[{"version":"1","status":"affected"}]}`))
		if diff := cmp.Diff(tt.want, records["CVE-2024-0001"].Affected[0].Requires); diff != "" {
			t.Errorf("platforms %s (-want +got):\n%s", tt.platforms, diff)
		}
	}
}

// The exceptions of a product in several entries are united.
func TestComplementsAreOneStatement(t *testing.T) {
	entry := func(low, high string) string {
		return `{"vendor":"linux","product":"linux_kernel","defaultStatus":"affected","cpes":["cpe:2.3:o:linux:linux_kernel:*:*:*:*:*:*:*:*"],
			"versions":[{"version":"` + low + `","lessThan":"` + high + `","status":"unaffected"}]}`
	}
	records, _ := parse(t, one(entry("5.4.268", "5.5")+","+entry("5.10.209", "5.11")))
	want(t, records["CVE-2024-0001"], "linux_kernel", intel.ByCNA, []intel.Range{
		{}, {Low: "5.4.268", High: "5.5", Unaffected: true}, {Low: "5.10.209", High: "5.11", Unaffected: true},
	})
}

func TestBadInput(t *testing.T) {
	tests := []struct {
		name, file, text string
		odd              int
		fatal            string
	}{
		{"not an id", "CVE-2024-0001.json", `{"cveMetadata":{"cveId":"2024-0001","state":"PUBLISHED"}}`, 1, ""},
		{"no state", "CVE-2024-0001.json", `{"cveMetadata":{"cveId":"CVE-2024-0001"}}`, 1, ""},
		{"another shape", "CVE-2024-0001.json", `{"cveMetadata":[]}`, 1, ""},
		{"too many entries", "CVE-2024-0001.json", `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},
			"containers":{"cna":{"affected":[` + strings.Repeat("{},", 6000) + `{}]}}}`, 1, ""},
		{"cut short", "CVE-2024-0001.json", `{"cveMetadata":{"cveId":"CVE-2024-0001"`, 1, "CVE-2024-0001.json"},
		{"another kind of file", "delta.json", `{"new":[]}`, 0, intel.ErrNoRecords.Error()},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			odd, fatal := 0, ""
			fsys := fstest.MapFS{tt.file: {Data: []byte(tt.text)}}
			for _, err := range (cve5.Feed{}).Parse(t.Context(), fsys) {
				if _, ok := errors.AsType[*intel.RecordError](err); ok {
					odd++
				} else if err != nil {
					fatal = err.Error()
				}
			}
			if odd != tt.odd || !strings.Contains(fatal, tt.fatal) || tt.odd == 0 && fatal == "" {
				t.Errorf("%d records left out and error %q; want %d and %q", odd, fatal, tt.odd, tt.fatal)
			}
		})
	}
}

// For any document, a statement names a CVE, a product and a version.
func FuzzParse(f *testing.F) {
	samples, err := fs.Glob(os.DirFS("testdata"), "CVE-*.json")
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range samples {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(data)
		f.Add(data[:len(data)/2])
	}
	f.Add([]byte(strings.Replace(sound, `"1"`, `"8"`, 1)))
	f.Add([]byte(strings.Replace(sound, `"1"`, `"1da177e4c3f4"`, 1)))
	f.Add([]byte(strings.Replace(sound, `"P"`, "\"P\xff\"", 1)))
	f.Add([]byte(strings.Replace(sound, `"vendor"`, `"packageURL":"pkg:npm/%40a/b","vendor"`, 1)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for record, err := range (cve5.Feed{}).Parse(t.Context(), fstest.MapFS{"CVE-1.json": {Data: data}}) {
			if err != nil {
				continue
			}
			for _, a := range record.Affected {
				if a.CVE == "" || a.Vendor == "" || a.Product == "" || len(a.Versions) == 0 {
					t.Errorf("statement %+v is incomplete", a)
				}
			}
		}
	})
}

// TestWords reads what a record says for people: the CNA's words, in English, else a publisher's.
func TestWords(t *testing.T) {
	tests := []struct {
		what, cna, adp string
		want           intel.Words
	}{
		{"the CNA's", `"title":"T","descriptions":[{"lang":"es","value":"Un fallo"},{"lang":"en-US","value":"A flaw"}],
			"references":[{"url":"https://x.example","tags":["exploit"]},{"url":"https://y.example"}]`,
			`"title":"CISA ADP Vulnrichment","descriptions":[{"lang":"en","value":"Other"}],
			"references":[{"url":"https://z.example","tags":["exploit"]}]`,
			intel.Words{By: intel.ByCNA, Title: "T", Description: "A flaw",
				ExploitURLs: []string{"https://x.example", "https://z.example"}}},
		{"a publisher's", `"descriptions":[]`, `"title":"P","descriptions":[{"lang":"EN","value":"Other"}]`,
			intel.Words{By: intel.ByADP, Description: "Other"}},
		{"no English", `"descriptions":[{"lang":"de","value":"Ein Fehler"}]`, `"title":"P"`, intel.Words{}},
	}
	for _, tt := range tests {
		text := fmt.Sprintf(`{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED","datePublished":"2024-01-02T03:04:05",
			"dateUpdated":"2024-02-03T04:05:06.700Z"},"containers":{"cna":{%s},"adp":[{%s}]}}`, tt.cna, tt.adp)
		records, odd := inteltest.Parse(t, cve5.Feed{}, inteltest.File("CVE-2024-0001.json", text))
		if len(records) != 1 || len(odd) != 0 {
			t.Fatal(records, odd)
		}
		if diff := cmp.Diff(tt.want, records[0].CVE.Words); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.what, diff)
		}
		if got := records[0].CVE.Updated; !got.Equal(time.Date(2024, 2, 3, 4, 5, 6, 700e6, time.UTC)) {
			t.Errorf("updated %v", got)
		}
	}
}
