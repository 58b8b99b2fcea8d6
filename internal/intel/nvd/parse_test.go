package nvd_test

import (
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/nvd"
)

var (
	windows = intel.Platform{Part: "o", Vendor: "microsoft", Product: "windows"}
	macos   = intel.Platform{Part: "o", Vendor: "apple", Product: "macos"}
)

// samples are the records of testdata, real ones reduced to facts, by CVE.
func samples(t *testing.T) map[string]intel.Record {
	t.Helper()
	list, odd := inteltest.Parse(t, nvd.Feed{}, os.DirFS("testdata"))
	if len(odd) > 0 {
		t.Fatal(odd)
	}
	records := map[string]intel.Record{}
	for _, r := range list {
		records[r.Source] = r
	}
	return records
}

func TestFacts(t *testing.T) {
	tests := []struct {
		id   string
		want *intel.CVE
	}{
		{"CVE-2014-0224", &intel.CVE{
			ID: "CVE-2014-0224", Published: time.Date(2014, 6, 5, 21, 55, 7, 817e6, time.UTC), Exploit: intel.ExploitPublic,
			Scores: []intel.Score{
				{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:H/PR:N/UI:N/S:U/C:H/I:H/A:N", Base: 7.4},
				{Version: "2.0", Vector: "AV:N/AC:M/Au:N/C:P/I:P/A:N", Base: 5.8},
			},
		}},
		{"CVE-2023-4863", &intel.CVE{
			ID: "CVE-2023-4863", Published: time.Date(2023, 9, 12, 15, 15, 24, 327e6, time.UTC), Exploit: intel.ExploitVerified,
			Scores: []intel.Score{{Version: "3.1", Vector: "CVSS:3.1/AV:N/AC:L/PR:N/UI:R/S:U/C:H/I:H/A:H", Base: 8.8}},
			KEV:    &intel.Exploited{Added: time.Date(2023, 9, 13, 0, 0, 0, 0, time.UTC), Copied: true},
		}},
		{"CVE-2024-0069", &intel.CVE{ID: "CVE-2024-0069", Rejected: true}},
		{"CVE-2026-5817", nil}, // an override
	}
	records := samples(t)
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, records[tt.id].CVE); diff != "" {
			t.Errorf("%s (-want +got):\n%s", tt.id, diff)
		}
	}
}

func TestOverride(t *testing.T) {
	statement := func(product string) intel.Affected {
		return intel.Affected{
			CVE: "CVE-2026-5817", Part: "a", Vendor: "docker", Product: product, By: intel.ByOther,
			Versions: []intel.Range{{Low: "4.62.0", High: "4.68.0"}},
			Requires: []intel.Platform{macos},
			Fix:      intel.Fix{Available: true},
		}
	}
	want := []intel.Affected{statement("desktop"), statement("docker_desktop")}
	if diff := cmp.Diff(want, samples(t)["CVE-2026-5817"].Affected); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A match of an OR that is not vulnerable says nothing.
func TestNotVulnerable(t *testing.T) {
	want := []intel.Affected{{
		CVE: "CVE-2023-51796", Part: "a", Vendor: "ffmpeg", Product: "ffmpeg", By: intel.ByOther,
		Versions: []intel.Range{{Low: "6.0", High: "6.1.1"}, {Low: "5.0", High: "5.1.5"}},
		Fix:      intel.Fix{Available: true},
	}}
	if diff := cmp.Diff(want, samples(t)["CVE-2023-51796"].Affected); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAwaitingAnalysis(t *testing.T) {
	if r := samples(t)["CVE-2023-30781"]; r.CVE == nil || len(r.Affected) > 0 {
		t.Errorf("a CVE without configurations gives %+v", r)
	}
}

// override makes an override with a configuration.
func override(configuration string) string {
	return `{"_annotation":{"cve_id":"CVE-2024-0001"},"cve":{"configurations":[` + configuration + `]}}`
}

// node makes a node of matches given as "+cpe" (vulnerable) or "-cpe" with
// bounds after a space.
func node(operator string, matches ...string) string {
	var list []string
	for _, m := range matches {
		name, bounds, _ := strings.Cut(m[1:], " ")
		vulnerable := map[byte]string{'+': "true", '-': "false"}[m[0]]
		list = append(list, `{"vulnerable":`+vulnerable+`,"criteria":"`+name+`"`+bounds+`}`)
	}
	return `{"operator":"` + operator + `","cpeMatch":[` + strings.Join(list, ",") + `]}`
}

func nodes(operator string, list ...string) string {
	return `{"operator":"` + operator + `","nodes":[` + strings.Join(list, ",") + `]}`
}

const (
	app      = "+cpe:2.3:a:v:p:*:*:*:*:*:*:*:* ,\"versionEndExcluding\":\"2\""
	other    = "+cpe:2.3:a:w:q:1.5:*:*:*:*:*:*:*"
	onWin    = "-cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"
	onMac    = "-cpe:2.3:o:apple:macos:-:*:*:*:*:*:*:*"
	device   = "-cpe:2.3:h:v:box:-:*:*:*:*:*:*:*"
	vulnWin  = "+cpe:2.3:o:microsoft:windows:-:*:*:*:*:*:*:*"
	withHost = "-cpe:2.3:a:host:suite:*:*:*:*:*:*:*:*"
)

func TestConditions(t *testing.T) {
	box := intel.Platform{Part: "h", Vendor: "v", Product: "box"}
	suite := intel.Platform{Part: "a", Vendor: "host", Product: "suite"}
	tests := []struct {
		name          string
		configuration string
		requires      []intel.Platform
		also          [][]intel.Platform
		statements    int
	}{
		{"no condition", nodes("", node("OR", app)), nil, nil, 1},
		{"on a system", nodes("AND", node("OR", app), node("OR", onWin)), []intel.Platform{windows}, nil, 1},
		{"on one of two, named twice", nodes("AND", node("OR", app), node("OR", onWin, onMac, onWin)),
			[]intel.Platform{windows, macos}, nil, 1},
		{"alternatives are no condition", nodes("OR", node("OR", app), node("OR", onWin)), nil, nil, 1},
		{"beside it in an OR", nodes("", node("OR", app, onWin)), nil, nil, 1},
		{"beside it in an AND", nodes("", node("AND", app, onWin)), []intel.Platform{windows}, nil, 1},
		{"two conditions", nodes("AND", node("OR", app), node("OR", onWin), node("OR", withHost)), []intel.Platform{windows},
			[][]intel.Platform{{suite}}, 1},
		{"a condition of two", nodes("AND", node("OR", app), node("AND", onWin, withHost)), []intel.Platform{windows},
			[][]intel.Platform{{suite}}, 1},
		{"on a device", nodes("AND", node("OR", app), node("OR", device)), []intel.Platform{box}, nil, 1},
		{"two names", nodes("AND", node("OR", app), node("OR", other), node("OR", onWin)),
			[]intel.Platform{windows}, nil, 2},
		{"on a vulnerable system", nodes("AND", node("OR", app), node("OR", vulnWin)), []intel.Platform{windows}, nil, 1},
		{"negated", nodes("AND", node("OR", app), `{"operator":"OR","negate":true,"cpeMatch":[]}`), nil, nil, 0},
		{"nothing vulnerable", nodes("AND", node("OR", onWin)), nil, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			records, odd := inteltest.Parse(t, nvd.Feed{}, inteltest.File("CVE-2024-0001.json", override(tt.configuration)))
			if len(odd) > 0 || len(records) != 1 || len(records[0].Affected) != tt.statements {
				t.Fatalf("records %+v, left out %v; want %d statements", records, odd, tt.statements)
			}
			for _, a := range records[0].Affected {
				if diff := cmp.Diff(tt.requires, a.Requires); diff != "" {
					t.Errorf("requires (-want +got):\n%s", diff)
				}
				if diff := cmp.Diff(tt.also, a.RequiresAlso); diff != "" {
					t.Errorf("requires also (-want +got):\n%s", diff)
				}
			}
		})
	}
}

func TestVersions(t *testing.T) {
	tests := []struct {
		match   string
		product string
		want    []intel.Range
	}{
		{"+cpe:2.3:a:v:p:1.5:*:*:*:*:*:*:*", "p", []intel.Range{{Exact: "1.5"}}},
		{"+cpe:2.3:a:oracle:jdk:1.8.0:update381:*:*:*:*:*:*", "jdk", []intel.Range{{Exact: "1.8.0:update381"}}},
		{"+cpe:2.3:a:v:p:1.5:-:*:*:*:*:*:*", "p", []intel.Range{{Exact: "1.5"}}},
		{"+cpe:/a:ntp:ntp:4.2.8:p3", "ntp", []intel.Range{{Exact: "4.2.8:p3"}}},
		{`+cpe:2.3:a:ntp:ntp:*:p8:*:*:*:*:*:* ,"versionStartIncluding":"4","versionEndIncluding":"4.2.8"`, "ntp",
			[]intel.Range{{Low: "4", High: "4.2.8:p8", HighIncluded: true}}},
		{`+cpe:2.3:a:ntp:ntp:*:-:*:*:*:*:*:* ,"versionEndIncluding":"4.2.8"`, "ntp",
			[]intel.Range{{High: "4.2.8", HighIncluded: true}}},
		{`+cpe:2.3:a:ntp:ntp:*:p8:*:*:*:*:*:* ,"versionEndExcluding":"4.2.8"`, "", nil},
		{`+cpe:2.3:a:ntp:ntp:*:p8:*:*:*:*:*:* ,"versionStartIncluding":"4.2.8"`, "", nil},
		{`+cpe:2.3:a:v:p:*:*:*:*:*:*:*:* ,"versionStartExcluding":"1","versionEndIncluding":"2"`, "p",
			[]intel.Range{{Low: "1", LowExcluded: true, High: "2", HighIncluded: true}}},
		{`+cpe:2.3:o:microsoft:windows_10:1809:*:*:*:*:*:*:* ,"versionEndExcluding":"10.0.17763.1"`, "windows_10_1809",
			[]intel.Range{{High: "10.0.17763.1"}}},
		{"+cpe:2.3:a:v:p:*:*:*:*:*:*:*:*", "", nil}, // trap 7
		{"+cpe:2.3:a:v:p:-:*:*:*:*:*:*:*", "", nil},
		{`+cpe:2.3:a:v:p:-:*:*:*:*:*:*:* ,"versionEndExcluding":"2"`, "", nil},
		{`+cpe:2.3:a:microsoft:teams:*:*:*:*:*:*:*:* ,"versionEndIncluding":"2020-10-29"`, "", nil},
		{"+cpe:2.3:a:v:p:" + strings.Repeat("1.", 900) + ":*:*:*:*:*:*:*", "", nil},
	}
	for _, tt := range tests {
		records, odd := inteltest.Parse(t, nvd.Feed{},
			inteltest.File("CVE-2024-0001.json", override(nodes("", node("OR", tt.match)))))
		if len(odd) > 0 {
			t.Fatal(odd)
		}
		var product string
		var got []intel.Range
		for _, a := range records[0].Affected {
			product, got = a.Product, a.Versions
		}
		if diff := cmp.Diff(tt.want, got); diff != "" || product != tt.product {
			t.Errorf("%.80s: product %q, versions (-want +got):\n%s", tt.match, product, diff)
		}
	}
}

func TestBadInput(t *testing.T) {
	t.Run("a wrong CPE costs its match", func(t *testing.T) {
		text := override(nodes("", node("OR", app, "+cpe:2.3:a:v")))
		records, odd := inteltest.Parse(t, nvd.Feed{}, inteltest.File("CVE-2024-0001.json", text))
		if len(odd) != 1 || len(records) != 1 || len(records[0].Affected) != 1 {
			t.Errorf("records %+v, left out %v", records, odd)
		}
	})
	t.Run("a page cut short is an error", func(t *testing.T) {
		err := inteltest.Failure(t, nvd.Feed{},
			inteltest.File("page.json", `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001"}},{"cve":`))
		if err == nil || !strings.Contains(err.Error(), "page.json") {
			t.Errorf("error %v does not name the page", err)
		}
	})
	t.Run("no id", func(t *testing.T) {
		_, odd := inteltest.Parse(t, nvd.Feed{}, fstest.MapFS{
			"page.json":          {Data: []byte(`{"vulnerabilities":[{"cve":{}}]}`)},
			"CVE-2024-0001.json": {Data: []byte(override(""))},
		})
		if len(odd) != 1 || !strings.Contains(odd[0].Error(), "page.json#0") {
			t.Errorf("left out %v, want page.json#0", odd)
		}
	})
	t.Run("an absurd range costs itself", func(t *testing.T) {
		absurd := `+cpe:2.3:a:v:p:*:*:*:*:*:*:*:* ,"versionStartIncluding":"8","versionEndExcluding":"2.7.9"`
		_, odd := inteltest.Parse(t, nvd.Feed{},
			inteltest.File("CVE-2024-0001.json", override(nodes("", node("OR", app, absurd)))))
		if len(odd) != 1 || !strings.Contains(odd[0].Error(), `from "8" to "2.7.9"`) {
			t.Errorf("left out %v", odd)
		}
	})
	t.Run("bytes that are not UTF-8", func(t *testing.T) {
		_, odd := inteltest.Parse(t, nvd.Feed{}, fstest.MapFS{
			"CVE-2024-0002.json": {Data: []byte("{\"_annotation\":{\"cve_id\":\"CVE-2024-0002\"},\"cve\":{\"x\":\"\xff\"}}")},
			"CVE-2024-0001.json": {Data: []byte(override(nodes("", node("OR", app))))},
		})
		if len(odd) != 1 || !strings.Contains(odd[0].Error(), "CVE-2024-0002") {
			t.Errorf("left out %v", odd)
		}
	})
	t.Run("a million matches", func(t *testing.T) {
		text := override(nodes("", `{"operator":"OR","cpeMatch":[`+strings.Repeat("{},", 1_000_000)+`{}]}`))
		records, odd := inteltest.Parse(t, nvd.Feed{}, fstest.MapFS{"CVE-2024-0002.json": {Data: []byte(text)},
			"CVE-2024-0001.json": {Data: []byte(override(nodes("", node("OR", app))))}})
		if len(odd) != 1 || len(records) != 1 {
			t.Errorf("%d records, left out %v", len(records), odd)
		}
	})
	t.Run("too many nodes", func(t *testing.T) {
		many := nodes("AND", strings.Repeat(node("OR", onWin)+",", 5000)+node("OR", app))
		_, odd := inteltest.Parse(t, nvd.Feed{}, inteltest.File("CVE-2024-0001.json", override(many)))
		if len(odd) != 1 {
			t.Errorf("left out %v, want the record", odd)
		}
	})
}

// The counts in the READMEs of the corpora. Ten overrides have a CPE that lacks a colon
// ("page_builder\\:*").
func TestCorpora(t *testing.T) {
	type counts struct{ Records, LeftOut, Configured, Scored, Statements, Ranges, Conditioned int }
	tests := []struct {
		file string
		want counts
	}{
		{"nvd/nvd-data-overrides-main.tar.gz",
			counts{Records: 32184, LeftOut: 28, Configured: 31993, Statements: 51593, Ranges: 93260, Conditioned: 1257}},
		{"nvd/nvdcve-2.0-sample.json.gz", counts{Records: 92, Configured: 74, Scored: 88, Statements: 161,
			Ranges: 400, Conditioned: 18}},
		{"nvd/nvd-api-2.0-page.json.gz", counts{Records: 38, Configured: 25, Scored: 35, Statements: 25,
			Ranges: 34, Conditioned: 11}},
	}
	for _, tt := range tests {
		t.Run(tt.file, func(t *testing.T) {
			records, odd := inteltest.Parse(t, nvd.Feed{}, inteltest.Shared(t, tt.file))
			got := counts{Records: len(records), LeftOut: len(odd)}
			for _, r := range records {
				if r.CVE != nil && len(r.CVE.Scores) > 0 {
					got.Scored++
				}
				if len(r.Affected) > 0 {
					got.Configured++
				}
				got.Statements += len(r.Affected)
				for _, a := range r.Affected {
					got.Ranges += len(a.Versions)
					if len(a.Requires) > 0 {
						got.Conditioned++
					}
				}
			}
			if diff := cmp.Diff(tt.want, got); diff != "" {
				t.Errorf("(-want +got):\n%s", diff)
			}
		})
	}
}

// For any page, a statement names a CVE, a product and a version.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"page.json", "CVE-2023-22743.json", "CVE-2023-51796.json"} {
		data, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(string(data))
		f.Add(string(data[:len(data)/2]))
	}
	f.Add(override(nodes("", node("OR", `+cpe:2.3:a:v:p:*:p3:*:*:*:*:*:* ,"versionStartIncluding":"8","versionEndIncluding":"2.7.9"`))))
	f.Add("\xff" + override(nodes("", node("OR", app))))
	f.Fuzz(func(t *testing.T, text string) {
		for record, err := range (nvd.Feed{}).Parse(t.Context(), inteltest.File("CVE-1.json", text)) {
			if err != nil {
				continue
			}
			for _, a := range record.Affected {
				if a.CVE == "" || a.Part == "" || a.Vendor == "" || a.Product == "" || len(a.Versions) == 0 {
					t.Errorf("statement %+v is incomplete", a)
				}
			}
		}
	})
}

func BenchmarkParse(b *testing.B) {
	fsys := inteltest.Shared(b, "nvd/nvd-data-overrides-main.tar.gz")
	b.SetBytes(69 << 20) // of JSON
	for b.Loop() {
		inteltest.Parse(b, nvd.Feed{}, fsys)
	}
}

// TestWords reads what an answer of NVD's API says for people, and its copy of CISA's entry.
func TestWords(t *testing.T) {
	records, _ := inteltest.Parse(t, nvd.Feed{}, inteltest.File("page.json", `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001",
		"published":"2024-02-01T10:00:00.000","lastModified":"2024-03-02T11:00:00.500",
		"cisaExploitAdd":"2024-02-10","cisaActionDue":"2024-03-02","cisaVulnerabilityName":"Rocket Flaw",
		"descriptions":[{"lang":"es","value":"Un fallo."},{"lang":"en","value":"A flaw."}],
		"references":[{"url":"https://a.example","tags":["Exploit"]},{"url":"https://b.example","tags":["Patch"]},
			{"url":"https://c.example"}]}}]}`))
	want := &intel.CVE{
		ID: "CVE-2024-0001", Published: time.Date(2024, 2, 1, 10, 0, 0, 0, time.UTC),
		Updated: time.Date(2024, 3, 2, 11, 0, 0, 500e6, time.UTC), Exploit: intel.ExploitVerified,
		Words: intel.Words{By: intel.ByNVD, Title: "Rocket Flaw", Description: "A flaw.", ExploitURLs: []string{"https://a.example"}},
		KEV: &intel.Exploited{Added: time.Date(2024, 2, 10, 0, 0, 0, 0, time.UTC),
			Due: time.Date(2024, 3, 2, 0, 0, 0, 0, time.UTC), Copied: true},
	}
	if len(records) != 1 || cmp.Diff(want, records[0].CVE) != "" {
		t.Errorf("(-want +got):\n%s", cmp.Diff(want, records[0].CVE))
	}
}
