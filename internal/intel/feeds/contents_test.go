package feeds_test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// about parses files of a kind and returns what their records are about.
func about(t testing.TB, kind intel.Kind, fsys fs.FS, until time.Time) *feeds.Contents {
	t.Helper()
	feed, err := feeds.New(kind, feeds.Config{})
	if err != nil {
		t.Fatal(err)
	}
	c := &feeds.Contents{Until: until}
	for record, err := range feed.Parse(t.Context(), fsys) {
		var odd *intel.RecordError
		if err != nil && !errors.As(err, &odd) {
			t.Fatal(err)
		}
		if err == nil {
			c.Add(&record)
		}
	}
	return c
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// The names of feeds, by what their records say and never by the names of files.
func TestFeedsAreNamedByTheirRecords(t *testing.T) {
	member := func(id string) string { return `{"cve":{"id":"` + id + `","published":"2024-02-01T00:00:00.000"}}` }
	record := `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"REJECTED","dateUpdated":"2024-05-01T00:00:00Z"}}`
	advisory := func(n int, ecosystems ...string) string {
		var affected []string
		for _, e := range ecosystems {
			affected = append(affected, fmt.Sprintf(`{"package":{"ecosystem":%q,"name":"p"},"versions":["1"]}`, e))
		}
		return fmt.Sprintf(`{"id":"A-%d","published":"2023-01-01T00:00:00Z","modified":"2024-01-01T00:00:00Z","affected":[%s]}`,
			n, strings.Join(affected, ","))
	}
	tests := []struct {
		name  string
		kind  intel.Kind
		files map[string]string
		want  string // "" if they do not say
		about string
	}{
		{"one ecosystem", intel.OSV, map[string]string{"all/1.json": advisory(1, "AlmaLinux:9")},
			"AlmaLinux:9", "AlmaLinux:9"},
		{"one beside others", intel.OSV, map[string]string{"1.json": advisory(1, "AlmaLinux:9", "AlmaLinux:8"),
			"2.json": advisory(2, "AlmaLinux:9")}, "AlmaLinux:9", "AlmaLinux:9"},
		{"releases of one publisher", intel.OSV,
			map[string]string{"1.json": advisory(1, "Debian:11"), "2.json": advisory(2, "Debian:12")},
			"Debian", "2 ecosystems"},
		{"one advisory for two releases", intel.OSV,
			map[string]string{"1.json": advisory(1, "Ubuntu:Pro:14.04:LTS", "Ubuntu:22.04:LTS")},
			"Ubuntu", "2 ecosystems"},
		{"one of a pair", intel.OSV, map[string]string{"1.json": advisory(1, "npm", "Maven"), "2.json": advisory(2, "npm")},
			"npm", "npm"},
		{"both of a pair", intel.OSV, map[string]string{"1.json": advisory(1, "npm", "Maven")}, "", "2 ecosystems"},
		{"unrelated ones", intel.OSV, map[string]string{"1.json": advisory(1, "npm"), "2.json": advisory(2, "Debian:12")},
			"", "2 ecosystems"},
		{"withdrawn ones", intel.OSV, map[string]string{"1.json": `{"id":"A","withdrawn":"2024-01-01T00:00:00Z"}`}, "", ""},
		{"cvelistV5", intel.CVE5, map[string]string{"cves/2024/0xxx/CVE-2024-0001.json": record,
			"cves/2023/0xxx/CVE-2023-0001.json": strings.ReplaceAll(record, "2024-0001", "2023-0001")},
			"cvelistV5", "2023 to 2024"},
		{"vulnrichment", intel.CVE5, map[string]string{"vulnrichment-develop/2024/0xxx/CVE-2024-0001.json": record,
			"vulnrichment-develop/2023/0xxx/CVE-2023-0001.json": strings.ReplaceAll(record, "2024-0001", "2023-0001")},
			"vulnrichment", "2023 to 2024"},
		{"records of one year", intel.CVE5, map[string]string{"CVE-2024-0001.json": record}, "cvelistV5-2024", "2024"},
		{"a year of NVD", intel.NVD, map[string]string{"a.json": `{"vulnerabilities":[` + member("CVE-2024-0001") + `]}`},
			"nvd-2024", "2024"},
		{"NVD's first file", intel.NVD, map[string]string{"a.json": `{"vulnerabilities":[` + member("CVE-1999-0001") + "," +
			member("CVE-2002-0001") + `]}`}, "nvd-2002", "1999 to 2002"},
		{"years of NVD", intel.NVD, map[string]string{"a.json": `{"vulnerabilities":[` + member("CVE-2024-0001") + `]}`,
			"b.json": `{"vulnerabilities":[` + member("CVE-2025-0001") + `]}`}, "nvd", "2024 to 2025"},
		{"overrides", intel.NVD, map[string]string{"data/2024/CVE-2024-0001.json": `{"_annotation":{"cve_id":"CVE-2024-0001"},"cve":{}}`,
			"data/2023/CVE-2023-0001.json": `{"_annotation":{"cve_id":"CVE-2023-0001"},"cve":{}}`},
			"overrides", "2023 to 2024"},
		{"KEV", intel.KEV, map[string]string{"x.json": `{"vulnerabilities":[{"cveID":"CVE-2024-0001"}]}`}, "kev", "2024"},
		{"ends of support", intel.EOL, map[string]string{"full.json": `{"result":[{"name":"python","releases":[]}]}`},
			"endoflife", ""},
		{"Microsoft's updates", intel.MSRC, map[string]string{"CVEs.csv": `"DatePosted","CVE","BulletinKB","Title","AffectedProduct",` +
			`"AffectedComponent","Severity","Impact","Supersedes","Exploits"` + "\r\n" +
			`"20250909","CVE-2025-48807","5065429","","Windows 10","","Critical","","5063709",` + "\r\n"}, "wesng", "2025"},
		{"Microsoft's months", intel.MSRC, map[string]string{"2025-Sep.json": `{"DocumentTracking":{"InitialReleaseDate":"2025-09-09"},"Vulnerability":[` +
			`{"CVE":"CVE-2025-48807"}]}`}, "msrc", "2025"},
		{"Microsoft's advisories", intel.MSRC, map[string]string{"a.json": `{"document":{"csaf_version":"2.0","publisher":{"namespace":"https://msrc.microsoft.com"},` +
			`"tracking":{"initial_release_date":"2025-09-09"}},"vulnerabilities":[{"cve":"CVE-2025-48807"}]}`}, "msrc", "2025"},
		{"Apple's releases", intel.SOFA, map[string]string{"macos_data_feed.json": `{"UpdateHash":"0e","OSVersions":[{"OSVersion":"Sequoia 15",
			"SecurityReleases":[{"UpdateName":"macOS Sequoia 15.1","ProductVersion":"15.1","ReleaseDate":"2024-10-28T00:00:00Z",
			"CVEs":{"CVE-2024-0001":false}}]}]}`}, "sofa", "2024"},
		{"modules of Metasploit", intel.Metasploit, map[string]string{"modules_metadata_base.json": `{"auxiliary_a/b":{"fullname":"auxiliary/a/b",
			"references":[],"mod_time":""},"exploit_a/b":{"fullname":"exploit/a/b","type":"exploit","references":["CVE-2024-0001"],
			"mod_time":"2025-05-21 08:32:40 +0000"}}`}, "metasploit", ""},
		{"a list of modules", intel.Metasploit, map[string]string{"rapid7/2024/CVE-2024-0001.json": `[{"Name":"a.rb","Title":"","CveIDs":["CVE-2024-0001"],
			"References":["https://github.com/rapid7/metasploit-framework/blob/master/modules/exploits/a.rb"]}]`}, "msfdb", ""},
		{"Exploit-DB", intel.ExploitDB, map[string]string{"files_exploits.csv": "id,file,description,type,platform,port,date_updated,verified,codes\n" +
			"1,a.py,\"x, y\",remote,linux,,2024-01-01,1,CVE-2024-0001\n"}, "exploitdb", ""},
		{"nuclei", intel.Nuclei, map[string]string{"cves.json": `{"ID":"CVE-2024-0001","Info":{"Name":"x"},"file_path":"a.yaml"}` + "\n" +
			`{"ID":"CVE-2023-0001","Info":{"Name":"x"},"file_path":"b.yaml"}`}, "nuclei", "2023 to 2024"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			files := fstest.MapFS{}
			for name, text := range tt.files {
				files[name] = &fstest.MapFile{Data: []byte(text)}
			}
			c := about(t, tt.kind, files, noon)
			name, err := c.Name(tt.kind)
			if name != tt.want || errors.Is(err, feeds.ErrUnnamed) != (tt.want == "") {
				t.Errorf("the name is %q, %v; want %q", name, err, tt.want)
			}
			sum := c.Sum()
			if got := sum.About(); got != tt.about {
				t.Errorf("it is about %q, want %q", got, tt.about)
			}
			for file := range files {
				if kind, ok := feeds.Recognize(files); tt.want != "" && (!ok || kind != tt.kind) {
					t.Errorf("%q is recognised as %q, %t", file, kind, ok)
				}
			}
		})
	}
}

// The dates of records of every kind are read, and impossible ones are not believed.
func TestDatesOfRecords(t *testing.T) {
	day := func(text string) *time.Time {
		d := intel.ParseTime(text)
		return &d
	}
	for kind, file := range map[intel.Kind][2]string{
		intel.OSV: {"a.json", `{"id":"A","published":"2023-01-01T00:00:00Z","modified":"DATE","affected":[{"package":{"ecosystem":"Go","name":"p"}}]}`},
		intel.CVE5: {"CVE-2023-0001.json",
			`{"cveMetadata":{"cveId":"CVE-2023-0001","state":"REJECTED","datePublished":"2023-01-01","dateUpdated":"DATE"}}`},
		intel.NVD:        {"a.json", `{"vulnerabilities":[{"cve":{"id":"CVE-2023-0001","published":"2023-01-01","lastModified":"DATE"}}]}`},
		intel.KEV:        {"a.json", `{"vulnerabilities":[{"cveID":"CVE-2023-0001","dateAdded":"DATE"}]}`},
		intel.EOL:        {"a.json", `{"result":[{"name":"p","releases":[{"name":"1","releaseDate":"2023-01-01","latest":{"name":"1","date":"DATE"}}]}]}`},
		intel.Metasploit: {"a.json", `{"a":{"fullname":"exploit/a","type":"exploit","references":["CVE-2023-0001"],"mod_time":"DATE 00:00:00 +0000"}}`},
		intel.ExploitDB:  {"a.csv", "id,file,type,platform,port,date_updated,verified,codes\n1,,,,,DATE,1,CVE-2023-0001\n"},
		intel.SOFA: {"a.json",
			`{"OSVersions":[{"SecurityReleases":[{"UpdateName":"macOS","ProductVersion":"15.1","ReleaseDate":"DATE","CVEs":{"CVE-2023-0001":{}}}]}]}`},
	} {
		for date, want := range map[string]*time.Time{"2024-05-06": day("2024-05-06"), "9999-01-01": nil} {
			sum := about(t, kind, inteltest.File(file[0], strings.ReplaceAll(file[1], "DATE", date)), noon).Sum()
			if diff := cmp.Diff(want, sum.NewestTime); diff != "" {
				t.Errorf("%s, %s (-want +got):\n%s", kind, date, diff)
			}
		}
	}
}

// A feed may grow, shrink and get releases, but not be about something else.
func TestChangedWholly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		draw := func(label string) (c counts.FeedContents, names []string) {
			names = rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"A:1", "A:2", "B", "C", "D"}), 1,
				3, rapid.ID).Draw(t, label)
			contents := &feeds.Contents{}
			for _, name := range names { // no ecosystem is in all, unless it is the only one
				contents.Add(&intel.Record{Packages: []intel.Package{{Ecosystem: name}}})
			}
			return contents.Sum(), names
		}
		before, was := draw("before")
		after, is := draw("after")
		shared := slices.ContainsFunc(is, func(name string) bool { return slices.Contains(was, name) })
		if got := after.ChangedWholly(&before); got == shared {
			t.Errorf("%q after %q: changed wholly: %t", is, was, got)
		}
		if after.ChangedWholly(&counts.FeedContents{}) {
			t.Error("a feed changed of which nothing is known")
		}
	})
	years := func(first, last int) *counts.FeedContents {
		return &counts.FeedContents{FirstYear: first, LastYear: last}
	}
	for _, tt := range []struct {
		before, after *counts.FeedContents
		want          bool
	}{{years(2023, 2023), years(2024, 2024), true}, {years(2002, 2024), years(2025, 2025), true},
		{years(2002, 2024), years(2024, 2026), false}, {years(2024, 2024), years(2002, 2026), false}} {
		if got := tt.after.ChangedWholly(tt.before); got != tt.want {
			t.Errorf("%s after %s: changed wholly: %t", tt.after.About(), tt.before.About(), got)
		}
	}
}

// Public feeds get the names under which a refresh fetches them.
func TestPublicFeedsAreNamed(t *testing.T) {
	for file, want := range map[string]struct {
		kind intel.Kind
		name string
	}{
		"osv/AlmaLinux-9/all.zip":                  {intel.OSV, "AlmaLinux:9"},
		"osv/AlmaLinux-10/all.zip":                 {intel.OSV, "AlmaLinux:10"},
		"osv/Go/all.zip":                           {intel.OSV, "Go"},
		"osv/Bitnami/sample.zip":                   {intel.OSV, "Bitnami"},
		"osv/Debian/dsa-dla.zip":                   {intel.OSV, "Debian"},
		"osv/Ubuntu/sample.zip":                    {intel.OSV, "Ubuntu"},
		"cve5/cvelistV5-layout-sample.zip":         {intel.CVE5, "cvelistV5"},
		"nvd/nvd-data-overrides-main.tar.gz":       {intel.NVD, "overrides"},
		"nvd/nvdcve-2.0-sample.json.gz":            {intel.NVD, "nvd"},
		"kev/known_exploited_vulnerabilities.json": {intel.KEV, "kev"},
		"endoflife/api-v1-products-full.json.gz":   {intel.EOL, "endoflife"},
		"msrc/wesng-definitions.zip":               {intel.MSRC, "wesng"},
		"msrc/cvrf-v2-2021-jan.json.gz":            {intel.MSRC, "msrc"},
		"exploit/msfdb-list-main.tar.gz":           {intel.Metasploit, "msfdb"},
		"apple/sofa-v1-macos_data_feed.json.gz":    {intel.SOFA, "sofa"},
		"apple/sofa-v2-macos_data_feed.json.gz":    {intel.SOFA, "sofa"},
		"distro/debian-tracker/debian.json":        {intel.Debian, "Debian"},
		"distro/wolfi-secdb/security.json":         {intel.SecDB, "Wolfi"},
		"distro/arch/all.json":                     {intel.Arch, "Arch Linux"},
		"distro/photon/cve_data_photon4.0.json":    {intel.Photon, "Photon OS:4.0"},
	} {
		files := inteltest.Shared(t, file)
		if kind, ok := feeds.Recognize(files); !ok || kind != want.kind {
			t.Errorf("%s is recognised as %q", file, kind)
		}
		if name, err := about(t, want.kind, files, noon).Name(want.kind); name != want.name {
			t.Errorf("%s is called %q, %v; want %q", file, name, err, want.name)
		}
	}
}

// Find lists the feeds of a folder: each archive, and the other files of a kind in one folder.
func TestFind(t *testing.T) {
	t.Chdir(t.TempDir())
	kev := `{"title":"t","vulnerabilities":[{"cveID":"CVE-2024-0001"}]}`
	page := `{"format":"NVD_CVE","vulnerabilities":[{"cve":{"id":"CVE-2024-0001"}}]}`
	advisory := `{"id":"A","modified":"2024-01-01T00:00:00Z","affected":[{"package":{"ecosystem":"Go","name":"p"}}]}`
	for name, text := range map[string]string{
		"in/kev.json": kev, "in/nvd/2023.json": page, "in/nvd/2024.json": page,
		"in/Go/all.zip":  archive(t, "A.json", advisory),
		"in/npm/all.zip": archive(t, "A.json", advisory), "in/other.json": `{"bomFormat":"CycloneDX"}`,
		"in/README.md": "read me",
		"in/cut.zip":   "PK", "in/empty/none": "",
	} {
		if err := errors.Join(os.MkdirAll(name[:strings.LastIndex(name, "/")], 0o700),
			os.WriteFile(name, []byte(text), 0o600)); err != nil {
			t.Fatal(err)
		}
	}
	found, passed, err := feeds.Find("", []string{"in"})
	if err != nil {
		t.Fatal(err)
	}
	size := func(names ...string) (sum int64) {
		for _, name := range names {
			info, err := os.Stat(name)
			if err != nil {
				t.Fatal(err)
			}
			sum += info.Size()
		}
		return sum
	}
	batch := func(kind intel.Kind, files ...string) feeds.Batch {
		return feeds.Batch{Kind: kind, Files: files, Bytes: size(files...)}
	}
	want := []feeds.Batch{batch(intel.OSV, "in/Go/all.zip"), batch(intel.KEV, "in/kev.json"),
		batch(intel.OSV, "in/npm/all.zip"),
		batch(intel.NVD, "in/nvd/2023.json", "in/nvd/2024.json")}
	if diff := cmp.Diff(want, found); diff != "" {
		t.Errorf("found (-want +got):\n%s", diff)
	}
	if diff := cmp.Diff([]string{"in/cut.zip", "in/other.json"}, passed); diff != "" {
		t.Errorf("passed over (-want +got):\n%s", diff)
	}
	if found, passed, err = feeds.Find(intel.OSV, []string{"in/Go", "in/npm/all.zip"}); err != nil ||
		len(found) != 2 || len(passed) != 0 {
		t.Errorf("of one kind: %v, %v, %v", found, passed, err)
	}
	if _, _, err = feeds.Find("", []string{"in/other.json"}); err == nil {
		t.Error("a file of no kind was found")
	}
	if one, err := feeds.One(intel.NVD, []string{"in/nvd", "in/kev.json"}); err != nil || len(one.Files) != 3 {
		t.Errorf("one feed: %v, %v", one, err)
	}
	if paths, err := feeds.ReadList(strings.NewReader("# two\n a b.zip \n\nc")); err != nil ||
		!slices.Equal(paths, []string{"a b.zip", "c"}) {
		t.Errorf("a list: %q, %v", paths, err)
	}
}

// Recognize never fails, and a document that is of one kind is of it however it is cut off later.
func FuzzRecognize(f *testing.F) {
	f.Add([]byte(`{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001"}}]}`))
	f.Add([]byte(`{"id":"A","affected":[{"package":{}}]`))
	f.Add([]byte(`[[[{"a":[}`))
	f.Fuzz(func(t *testing.T, text []byte) {
		kind, ok := feeds.Recognize(fstest.MapFS{"a.json": {Data: text}})
		if ok != slices.Contains(feeds.Kinds(), kind) {
			t.Errorf("kind %q, %t", kind, ok)
		}
	})
}

// However many ecosystems a hostile feed names, and however long their names are, what is kept is
// bounded, and the one that all records name is found.
func TestContentsAreBounded(t *testing.T) {
	c := &feeds.Contents{}
	long := strings.Repeat("é", 1<<20)
	for n := range 150_000 {
		r := intel.Record{Packages: []intel.Package{{Ecosystem: "zz"}, {Ecosystem: fmt.Sprint("a", n)}}}
		if n < 10 {
			r.Packages = append(r.Packages, intel.Package{Ecosystem: fmt.Sprint(n) + long})
		}
		c.Add(&r)
	}
	sum := c.Sum()
	text, err := json.Marshal(sum)
	if err != nil || len(text) > 1<<20 || len(sum.Ecosystems) != counts.MaxEcosystems || sum.EcosystemCount != 100_000 {
		t.Errorf("%d ecosystems of %d in %d bytes, %v", len(sum.Ecosystems), sum.EcosystemCount, len(text), err)
	}
	if main := sum.Main(); len(main) != 1 || main[0] != "zz" {
		t.Errorf("all are about %.100q", main)
	}
	if name, err := c.Name(intel.OSV); name != "zz" {
		t.Errorf("the name is %q, %v", name, err)
	}
}

// TestAdvisoriesWithoutCVE counts those that make no findings.
func TestAdvisoriesWithoutCVE(t *testing.T) {
	pack := func(cves ...string) intel.Package {
		return intel.Package{Ecosystem: "npm", Name: "p", Advisory: "GHSA-1", CVEs: cves}
	}
	var c feeds.Contents
	for _, r := range []intel.Record{
		{Packages: []intel.Package{pack("CVE-2024-0001")}},
		{Packages: []intel.Package{pack(), pack("CVE-2024-0001")}},
		{Packages: []intel.Package{pack(), pack()}},
		{Packages: []intel.Package{pack()}},
		{CVE: &intel.CVE{ID: "CVE-2024-0002"}},
	} {
		c.Add(&r)
	}
	if got := c.Sum().WithoutCVE; got != 2 {
		t.Errorf("%d, want 2", got)
	}
}
