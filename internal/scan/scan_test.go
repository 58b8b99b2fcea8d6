package scan_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/scan"
	"github.com/muster-project/muster/internal/vdr/vdrtest"
)

var now = time.Date(2024, 10, 1, 12, 0, 0, 0, time.UTC)

// small returns the feeds of the sample that are read in a moment.
func small() []sample.Feed {
	return slices.DeleteFunc(sample.Feeds(), func(f sample.Feed) bool {
		return f.Kind != intel.NVD && f.Kind != intel.KEV && f.Kind != intel.EOL
	})
}

// sampleFolder writes the sample's feeds to a folder, one below it for each.
func sampleFolder(t *testing.T) string {
	t.Helper()
	folder := t.TempDir()
	for _, f := range small() {
		if err := os.CopyFS(filepath.Join(folder, f.Name), f.Files); err != nil {
			t.Fatal(err)
		}
	}
	return folder
}

// open opens feeds, and fails the test if anything is passed over or warned of.
func open(t *testing.T, cache string, paths ...string) *scan.Intelligence {
	t.Helper()
	found, passed, err := scan.Find(paths)
	if err != nil || len(passed) > 0 {
		t.Fatalf("passed over %q: %v", passed, err)
	}
	known, err := scan.Open(t.Context(), found, scan.Cache{Folder: cache}, func(string) {},
		func(text string) { t.Errorf("warning: %s", text) })
	if err != nil {
		t.Fatal(err)
	}
	return known
}

// judge assesses a document.
func judge(t *testing.T, known *scan.Intelligence, document string) *scan.Result {
	t.Helper()
	list, err := scan.Documents(strings.NewReader(document), sbom.Identity{}, "document", now)
	if err != nil {
		t.Fatal(err)
	}
	checks, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	r, err := known.Judge(list[0], checks, now)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const server = `{"device":{"name":"web1.example.com","osPlatform":"Windows11","osVersion":"10.0.22631.3447"},
 "software":[{"kind":"windows","vendor":"Google LLC","name":"Google Chrome","version":"120.0.6099.71"},
             {"kind":"windows","vendor":"Nobody","name":"Nobody's Tool","version":"1"}]}`

// TestCache: a scan gives the same result with the cache, without it, and with a damaged one.
func TestCache(t *testing.T) {
	feeds, cache := sampleFolder(t), t.TempDir()
	want := judge(t, open(t, "", feeds), server)
	if len(want.Findings) == 0 || want.Findings[0].CVE == "" {
		t.Fatalf("no findings: %+v", want)
	}
	files := func() []fs.DirEntry {
		entries, err := os.ReadDir(cache)
		if err != nil {
			t.Fatal(err)
		}
		return entries
	}
	for _, damage := range []func(path string) error{
		nil,
		func(string) error { return nil },
		os.Remove,
		func(path string) error { return os.Truncate(path, 10) },
		func(path string) error { return os.WriteFile(path, []byte("{}"), 0o600) },
		func(path string) error {
			text, err := os.ReadFile(path)
			if err == nil {
				text[len(text)/2] ^= 1
				err = os.WriteFile(path, text, 0o600)
			}
			return err
		},
	} {
		if damage != nil {
			for _, e := range files() {
				if err := damage(filepath.Join(cache, e.Name())); err != nil {
					t.Fatal(err)
				}
				if diff := cmp.Diff(want, judge(t, open(t, cache, feeds), server)); diff != "" {
					t.Errorf("after damage of %s: %s", e.Name(), diff)
				}
			}
		}
		if diff := cmp.Diff(want, judge(t, open(t, cache, feeds), server)); diff != "" {
			t.Error(diff)
		}
		if n := len(files()); n != 2*len(small())+1 {
			t.Errorf("%d files in the cache: a table and a note for each feed, and a catalog", n)
		}
	}
}

// TestUpdates: at the version that a product is to be updated to it has none of its findings, except those of which no
// version is known, and at the version of one finding it does not have that.
func TestUpdates(t *testing.T) {
	known := open(t, t.TempDir(), sampleFolder(t))
	const chrome, firefox = "120.0.6099.71", "115.0"
	document := strings.Replace(server, `{"kind":"windows","vendor":"Nobody"`,
		`{"kind":"windows","vendor":"Mozilla","name":"Mozilla Firefox (x64 en-US)","version":"115.0"},{"kind":"windows","vendor":"Nobody"`, 1)
	// at judges with another version of one, and lists what is left of its findings.
	at := func(name, version string) (cves []string) {
		old := map[string]string{"chrome": chrome, "firefox": firefox}[name]
		for _, f := range judge(t, known, strings.ReplaceAll(document, old, version)).Findings {
			if f.Name == name {
				cves = append(cves, f.CVE)
			}
		}
		return cves
	}
	r := judge(t, known, document)
	for _, u := range r.Updates {
		if len(u.Versions) != 1 || u.Removed == 0 || u.Removed > u.Findings {
			t.Errorf("%+v", u)
			continue
		}
		if left := at(u.Name, u.Versions[0]); int64(len(left)) > u.Findings-u.Removed {
			t.Errorf("%s %s has %d findings, and had %d of which it removes %d", u.Name, u.Versions[0], len(left), u.Findings, u.Removed)
		}
	}
	tried := map[[2]string]bool{}
	for _, f := range r.Findings {
		if k := [2]string{f.Name, f.FixVersion}; f.FixVersion != "" && !tried[k] {
			tried[k] = true
			if slices.Contains(at(f.Name, f.FixVersion), f.CVE) {
				t.Errorf("%s %s has %s", f.Name, f.FixVersion, f.CVE)
			}
		}
	}
	if len(r.Updates) != 2 || len(tried) < 10 {
		t.Errorf("%d versions of %d products", len(tried), len(r.Updates))
	}
}

// TestCacheThatCannotBeWritten costs time and a warning, and nothing else.
func TestCacheThatCannotBeWritten(t *testing.T) {
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	found, _, err := scan.Find([]string{sampleFolder(t)})
	if err != nil {
		t.Fatal(err)
	}
	warned := 0
	known, err := scan.Open(t.Context(), found, scan.Cache{Folder: file}, func(string) {}, func(string) { warned++ })
	if err != nil || warned == 0 || len(judge(t, known, server).Findings) == 0 {
		t.Errorf("%d warnings, %v", warned, err)
	}
}

// TestLooked: no findings are only believed of what was assessed.
func TestLooked(t *testing.T) {
	known := open(t, "", sampleFolder(t))
	for _, test := range []struct {
		name, document string
		most           float64
		want           bool
	}{
		{"one of two is not known", server, 5, false},
		{"half may be unknown", server, 50, true},
		{"no feed of the distribution", `{"device":{"name":"a","osPlatform":"Linux","osVersion":"opensuse_leap_15.6"},
		 "software":[]}`, 100, false},
		{"nothing in it", `{"device":{"name":"a"},"software":[]}`, 100, false},
	} {
		r := judge(t, known, test.document)
		if got := r.Looked(test.most); got != test.want {
			t.Errorf("%s: looked is %v: %+v", test.name, got, r.Coverage)
		}
	}
	r := judge(t, scan.Nothing(), server)
	if r.Looked(100) || r.Coverage.State != coverage.NotAssessed || len(r.Coverage.Wants) == 0 {
		t.Errorf("without feeds: %+v", r.Coverage)
	}
}

// TestFailing: a limit counts the findings at or above it, and those that nobody rates with the lower ones.
func TestFailing(t *testing.T) {
	var r scan.Result
	for _, severity := range []string{"None", "", "Low", "Medium", "High", "Critical"} {
		r.Findings = append(r.Findings, scan.Finding{Severity: severity, Exploit: "NoExploit"})
	}
	r.Findings[3].Exploit = "ExploitIsVerified"
	for limit, want := range map[scan.FailOn]int{"never": 0, "exploited": 1, "critical": 1, "high": 2, "medium": 4, "low": 5, "none": 6} {
		if got := r.Failing(limit); got != want {
			t.Errorf("%s: %d findings, want %d", limit, got, want)
		}
	}
}

// TestDocuments: what cannot be scanned says so.
func TestDocuments(t *testing.T) {
	for _, text := range []string{"", "hello", "{}", "[]", `{"device":`, "\x1f\x8b\x08garbage", `{"bomFormat":"CycloneDX","specVersion":"0.1"`,
		`{"matches":[],"source":{}}`} {
		if list, err := scan.Documents(strings.NewReader(text), sbom.Identity{}, "document", now); err == nil {
			t.Errorf("%q: %d reports", text, len(list))
		}
	}
	list, err := scan.Documents(strings.NewReader(oneLine(server)+"\n"+oneLine(server)), sbom.Identity{}, "document", now)
	if err != nil || len(list) != 2 {
		t.Errorf("%d reports in lines, %v", len(list), err)
	}
	list, err = scan.Documents(strings.NewReader(`{"bomFormat":"CycloneDX","specVersion":"1.5","components":[]}`), sbom.Identity{},
		"app.json", now)
	if err != nil || list[0].Device.Name != "app.json" {
		t.Errorf("%+v, %v", list, err)
	}
	list, err = scan.Documents(strings.NewReader(`<TestResult xmlns="http://checklists.nist.gov/xccdf/1.2"><rule-result idref="r">`+
		`<result>fail</result></rule-result></TestResult>`), sbom.Identity{}, "results.xml", now)
	if err != nil || list[0].Device.Name != "results.xml" || len(list[0].Configurations) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func oneLine(text string) string { return strings.ReplaceAll(text, "\n", "") }

// TestHostileDocuments: what inflates, nests or never ends is refused, in bounded memory and time.
func TestHostileDocuments(t *testing.T) {
	var bomb bytes.Buffer
	packed := gzip.NewWriter(&bomb)
	zeros := make([]byte, 1<<20)
	for range 300 {
		_, _ = packed.Write(zeros)
	}
	if err := packed.Close(); err != nil {
		t.Fatal(err)
	}
	deep := `{"bomFormat":"CycloneDX","specVersion":"1.5","components":` + strings.Repeat(`[{"type":"library","name":"a","components":`, 100_000)
	many := strings.Repeat(`{"device":{"name":"a"},"software":[]}`+"\n", 1001)
	huge := `{"bomFormat":"CycloneDX","specVersion":"1.5","components":[{"name":"` + strings.Repeat("a", inventory.MaxReport) + `"}]}`
	for name, text := range map[string]string{"bomb": bomb.String(), "deep": deep, "many": many, "huge": huge} {
		list, err := scan.Documents(strings.NewReader(text), sbom.Identity{}, "document", now)
		if !errors.Is(err, scan.ErrDocument) {
			t.Errorf("%s: %d reports, %v", name, len(list), err)
		}
	}
}

// FuzzDocuments: no document makes the reader fail in another way than with an error.
func FuzzDocuments(f *testing.F) {
	f.Add([]byte(server))
	f.Add([]byte(oneLine(server)))
	f.Fuzz(func(t *testing.T, text []byte) {
		list, err := scan.Documents(bytes.NewReader(text), sbom.Identity{}, "document", now)
		for _, r := range list {
			if err == nil && r.Device.Name == "" {
				t.Error("a report without a name")
			}
		}
	})
}

// TestSARIF checks what consumers of SARIF 2.1.0 require: rules by index, levels, locations with
// URI references, and notices of what was not assessed.
func TestSARIF(t *testing.T) {
	r := judge(t, open(t, "", sampleFolder(t)), server)
	r.Findings[0].Paths = []string{`C:\Program Files\Chrome\chrome.exe`, "/opt/a b/c"}
	text, err := json.Marshal(scan.NewSARIF("v1", "app.json", []*scan.Result{r}))
	if err != nil {
		t.Fatal(err)
	}
	var log struct {
		Version string
		Runs    []struct {
			Tool struct {
				Driver struct{ Rules []struct{ ID string } }
			}
			Invocations []struct {
				ToolExecutionNotifications []struct{ Message struct{ Text string } }
			}
			Results []struct {
				RuleID    string
				RuleIndex int
				Level     string
				Locations []struct {
					PhysicalLocation struct{ ArtifactLocation struct{ URI string } }
				}
			}
		}
	}
	if err := json.Unmarshal(text, &log); err != nil {
		t.Fatal(err)
	}
	run := log.Runs[0]
	if log.Version != "2.1.0" || len(run.Results) != len(r.Findings) {
		t.Fatalf("version %s, %d results", log.Version, len(run.Results))
	}
	seen := map[string]bool{}
	for _, rule := range run.Tool.Driver.Rules {
		if seen[rule.ID] {
			t.Errorf("rule %s twice", rule.ID)
		}
		seen[rule.ID] = true
	}
	for _, one := range run.Results {
		if run.Tool.Driver.Rules[one.RuleIndex].ID != one.RuleID || len(one.Locations) == 0 ||
			!strings.Contains(" error warning note ", " "+one.Level+" ") {
			t.Errorf("%+v", one)
		}
	}
	for i, want := range []string{"file:///C:/Program%20Files/Chrome/chrome.exe", "file:///opt/a%20b/c"} {
		if got := run.Results[0].Locations[i].PhysicalLocation.ArtifactLocation.URI; got != want {
			t.Errorf("location %q, want %q", got, want)
		}
	}
	if notices := run.Invocations[0].ToolExecutionNotifications; len(notices) != 2 {
		t.Errorf("notices: %+v", notices)
	}
}

// TestSARIFHasWhatItsSchemaRequires holds each object of a log to the members that the schema of SARIF
// 2.1.0 requires of it, and its words to those that it lists.
func TestSARIFHasWhatItsSchemaRequires(t *testing.T) {
	r := judge(t, open(t, "", sampleFolder(t)), server)
	r.Findings[0].CVE, r.Findings[0].Severity, r.Findings[0].CVSS = "MAL-2024-1", "", 0
	for _, subject := range []string{".", "a b/c:d.json", `C:\x\y.json`, "//x"} {
		text, err := json.Marshal(scan.NewSARIF("v1", subject, []*scan.Result{r, {}}))
		if err != nil {
			t.Fatal(err)
		}
		var log any
		if err := json.Unmarshal(text, &log); err != nil {
			t.Fatal(err)
		}
		checkSARIF(t, "log", log)
	}
}

// required are the members that the schema requires, by the name of the member that holds the object.
var required = map[string][]string{
	"log": {"version", "runs"}, "runs": {"tool"}, "tool": {"driver"}, "driver": {"name"}, "rules": {"id"},
	"results": {"message"}, "message": {"text"}, "shortDescription": {"text"},
	"invocations": {"executionSuccessful"}, "toolExecutionNotifications": {"message"},
}

// checkSARIF checks a value below the member with a name.
func checkSARIF(t *testing.T, name string, value any) {
	t.Helper()
	switch value := value.(type) {
	case []any:
		for _, one := range value {
			checkSARIF(t, name, one)
		}
	case map[string]any:
		for _, member := range required[name] {
			if value[member] == nil || value[member] == "" {
				t.Errorf("%s without %s: %v", name, member, value)
			}
		}
		for member, one := range value {
			checkSARIF(t, member, one)
		}
	case string:
		_, err := url.Parse(value)
		isURI := strings.HasSuffix(strings.ToLower(name), "uri") || name == "$schema"
		isLevel := slices.Contains([]string{"none", "note", "warning", "error"}, value)
		if name == "level" && !isLevel || isURI && (err != nil || strings.Contains(value, " ")) {
			t.Errorf("%s is %q", name, value)
		}
	case nil:
		t.Errorf("%s is null", name)
	}
}

// TestVDR: a report is valid, and every finding is there.
func TestVDR(t *testing.T) {
	r := judge(t, open(t, "", sampleFolder(t)), server)
	r.Findings = append(r.Findings, scan.Finding{Vendor: "a/b", Name: "c", Version: "1", CVE: "MAL-2024-1", Exploit: "NoExploit"},
		scan.Finding{Vendor: "a", Name: "b/c", Version: "1", CVE: "MAL-2024-1", Severity: "Critical", Exploit: "NoExploit",
			Fixed: true, Fix: "c 2", FixURL: "https://example.com/1"})
	for _, results := range [][]*scan.Result{{r}, {r, r}, {}} {
		var text bytes.Buffer
		if err := scan.WriteVDR(&text, "v1", results, now); err != nil {
			t.Fatal(err)
		}
		bom := vdrtest.Check(t, text.Bytes())
		if alone := bom.Metadata.Component != nil; alone != (len(results) == 1) {
			t.Errorf("of %d results: one machine is %v", len(results), alone)
		}
		affects := 0
		for _, v := range *bom.Vulnerabilities {
			affects += len(*v.Affects)
		}
		if want := len(results) * len(r.Findings); affects != want {
			t.Errorf("%d findings, want %d", affects, want)
		}
	}
}

// TestVDRHasIdentifiers: software has the package URL and CPE of its report.
func TestVDRHasIdentifiers(t *testing.T) {
	const name = "cpe:2.3:a:google:chrome:120.0.6099.71:*:*:*:*:*:*:*"
	r := judge(t, open(t, "", sampleFolder(t)), strings.Replace(server, `"120.0.6099.71"`, `"120.0.6099.71","cpe":"`+name+`"`, 1))
	var text bytes.Buffer
	if err := scan.WriteVDR(&text, "v1", []*scan.Result{r}, now); err != nil {
		t.Fatal(err)
	}
	for _, c := range vdrtest.Components(vdrtest.Check(t, text.Bytes())) {
		if (c.Name == "chrome") != (c.CPE == name) {
			t.Errorf("%s has the CPE %q", c.Name, c.CPE)
		}
	}
}

// TestRisk: what CISA lists comes first, then what has an exploit, then the gravest; the catalog says so.
func TestRisk(t *testing.T) {
	r := judge(t, open(t, "", sampleFolder(t)), server)
	listed := 0
	for n, f := range r.Findings {
		if f.KEV {
			listed++
		}
		if n > 0 && f.KEV && !r.Findings[n-1].KEV {
			t.Errorf("%s is listed by CISA, and comes after %s", f.CVE, r.Findings[n-1].CVE)
		}
		if strings.HasPrefix(f.Vector, "CVSS:") && f.CVSS == 0 || f.KEV && (f.Due == "" || !f.Exploited()) {
			t.Errorf("%+v", f)
		}
	}
	if listed == 0 || listed == len(r.Findings) {
		t.Errorf("%d of %d findings are listed", listed, len(r.Findings))
	}
}

// TestFetch: a feed is fetched once, then asked for news; a publisher that fails changes nothing.
func TestFetch(t *testing.T) {
	fails := false
	publisher := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if fails {
			w.WriteHeader(http.StatusNotFound)
			return
		}
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		for _, f := range sample.Feeds() {
			if f.Kind == intel.KEV {
				packed, _ := f.Files.Open("kev.json.gz")
				text, _ := gzip.NewReader(packed)
				_, _ = io.Copy(w, text)
			}
		}
	}))
	defer publisher.Close()
	fetcher := scan.Fetcher{Folder: t.TempDir(), Client: publisher.Client(),
		URL: func(intel.Kind, string) string { return publisher.URL }}
	for _, wantError := range []bool{false, false, true} {
		fails = wantError
		if err := fetcher.Fetch(t.Context(), intel.KEV, "kev"); (err != nil) != wantError {
			t.Fatal(err)
		}
		found, _, err := scan.Find([]string{fetcher.Folder})
		if err != nil || len(found) != 1 {
			t.Fatalf("%d feeds, %v", len(found), err)
		}
		known, err := scan.Open(t.Context(), found, scan.Cache{}, func(string) {}, func(text string) { t.Error(text) })
		if err != nil || known.Feeds[0].Fetched.IsZero() || known.Feeds[0].Records == 0 {
			t.Errorf("%+v, %v", known.Feeds, err)
		}
	}
}

// TestNeeded: what a machine needs follows from its software.
func TestNeeded(t *testing.T) {
	list, err := scan.Documents(strings.NewReader(`{"device":{"name":"a","osPlatform":"Linux","osVersion":"debian_linux_12"},
	 "software":[{"kind":"deb","name":"openssl","version":"3.0.11-1"}]}`), sbom.Identity{}, "", now)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, f := range scan.Needed(judgeReport(t, list[0]).Coverage.Wants) {
		names = append(names, string(f.Kind)+" "+f.Name)
	}
	want := []string{"cve5 cvelistV5", "debian Debian", "eol endoflife", "epss epss", "exploitdb exploitdb", "kev kev",
		"metasploit metasploit", "nuclei nuclei", "nvd nvd"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func judgeReport(t *testing.T, r *inventory.Report) *scan.Result {
	t.Helper()
	checks, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	result, err := scan.Nothing().Judge(r, checks, now)
	if err != nil {
		t.Fatal(err)
	}
	return result
}
