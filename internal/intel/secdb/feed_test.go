package secdb_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/secdb"
)

// list is a list of Alpine 3.20 with one package.
func list(repository, fixes string) string {
	return `{"apkurl":"{{urlprefix}}","archs":["x86_64"],"reponame":"` + repository + `","urlprefix":
	"https://dl-cdn.alpinelinux.org/alpine","distroversion":"v3.20","packages":[{"pkg":{"name":"zlib","secfixes":` +
		fixes + `}}]}`
}

// told are the statements of records: flaw, ecosystem, package, and the versions below which it is affected.
func told(records []intel.Record) (said []string) {
	for _, r := range records {
		for _, p := range r.Packages {
			text := fmt.Sprintf("%s %s/%s", r.Source, p.Ecosystem, p.Name)
			for _, v := range p.Ranges {
				if v.Unaffected {
					v.High = "none"
				}
				text += " " + v.High
			}
			said = append(said, text)
		}
	}
	return said
}

// TestFlaws: a line names CVEs, or else something else; what is beside a CVE is another name of it, or words.
func TestFlaws(t *testing.T) {
	for fixes, want := range map[string][]string{
		`{"1-r0":["CVE-2024-0001","CVE-2024-0002"]}`:            {"CVE-2024-0001 1-r0", "CVE-2024-0002 1-r0"},
		`{"1-r0":["CVE-2024-0001 CVE-2024-0002"]}`:              {"CVE-2024-0001 1-r0", "CVE-2024-0002 1-r0"},
		`{"1-r0":["CVE-2018-8897 XSA-260","XSA-254"]}`:          {"CVE-2018-8897 1-r0", "XSA-254 1-r0"},
		`{"1-r0":["CVE-????-?????  XSA-295"]}`:                  {"XSA-295 1-r0"},
		`{"1-r0":["CVE-2018-16301 (was fixed in libpcap)"]}`:    {"CVE-2018-16301 1-r0"},
		`{"1-r0":["CVE-2017-17434-1","CVE-2017-17434-2"]}`:      {"CVE-2017-17434 1-r0"},
		`{"1-r0":["CVE-2019-19451.patch"]}`:                     {"CVE-2019-19451 1-r0"},
		`{"1-r0":["CVE_2019-2426"]}`:                            {"CVE-2019-2426 1-r0"},
		`{"1-r0":["CVE-2024-0001","GHSA-jq35-85cj-fj4p"]}`:      {"CVE-2024-0001 1-r0"},
		`{"1-r0":["GHSA-jq35-85cj-fj4p","CGA-xcpc-gm23-prj9"]}`: {"GHSA-jq35-85cj-fj4p 1-r0"},
		`{"0":["CVE-2024-0001"]}`:                               {"CVE-2024-0001 none"},
		`{"1-r0":["CVE-2024-0001"],"1-r1":["CVE-2024-0001"]}`:   {"CVE-2024-0001 1-r0 1-r1"},
		`{"1-r0":null}`: nil, `null`: nil, `{"1-r0":["regression", ""]}`: nil,
	} {
		for i := range want {
			flaw, versions, _ := strings.Cut(want[i], " ")
			want[i] = flaw + " Alpine:v3.20/zlib " + versions
		}
		records, odd := inteltest.Parse(t, secdb.Feed{}, inteltest.File("main.json", list("main", fixes)))
		if diff := cmp.Diff(want, told(records)); diff != "" || len(odd) != min(1, len(records)) {
			t.Errorf("%s: %v\n%s", fixes, odd, diff)
		}
	}
}

// TestStatements: a fix is an update, and a package that never had a flaw is not affected; both are the
// publisher's word.
func TestStatements(t *testing.T) {
	records, _ := inteltest.Parse(t, secdb.Feed{}, inteltest.File("main.json",
		list("main", `{"1.2-r0":["CVE-2024-0001"],"0":["CVE-2024-0002"]}`)))
	want := []intel.Record{
		{Source: "CVE-2024-0001", Packages: []intel.Package{{CVEs: []string{"CVE-2024-0001"}, Ecosystem: "Alpine:v3.20",
			Name: "zlib", Own: true, Ranges: []intel.Range{{High: "1.2-r0"}}, Fix: intel.Fix{Available: true}}}},
		{Source: "CVE-2024-0002", Packages: []intel.Package{{CVEs: []string{"CVE-2024-0002"}, Ecosystem: "Alpine:v3.20",
			Name: "zlib", Own: true, Ranges: []intel.Range{{Unaffected: true}}}}},
	}
	if diff := cmp.Diff(want, records); diff != "" {
		t.Error(diff)
	}
}

// TestPublished reads what Wolfi and Alpine publish.
func TestPublished(t *testing.T) {
	folder := os.DirFS("testdata")
	records, odd := inteltest.Parse(t, secdb.Feed{}, folder)
	said := told(records)
	for _, want := range []string{
		"CVE-2022-42916 Wolfi/curl 7.86.0-r0", "CVE-2016-2781 Wolfi/coreutils none", "CVE-2018-25032 Alpine:v3.15/zlib 1.2.12-r0",
		"CVE-2021-38370 Alpine:v3.15/alpine 2.25-r0",
	} {
		if !slices.Contains(said, want) {
			t.Errorf("nothing is said of %q", want)
		}
	}
	if len(odd) > 0 {
		t.Error(odd)
	}
	if kind, ok := feeds.Recognize(folder); kind != intel.SecDB || !ok {
		t.Errorf("recognised as %q", kind)
	}
	for _, name := range []string{"wolfi.json", "main.yaml"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			t.Fatal(err)
		}
		if kind, ok := feeds.Recognize(inteltest.File(name, string(text))); kind != intel.SecDB || !ok {
			t.Errorf("%s is recognised as %q", name, kind)
		}
	}
}

// TestBothForms: a list in YAML says what the same in JSON says.
func TestBothForms(t *testing.T) {
	const text = "---\ndistroversion: v3.11\nreponame: main\nurlprefix: http://dl-cdn.alpinelinux.org/alpine\npackages:\n" +
		"  - pkg:\n      name: a\n      secfixes:\n        2.10:\n          - CVE-2024-0001 (x)\n        0:\n          - CVE-2024-0002\n" +
		"  - pkg:\n      name: b\n      secfixes:\n"
	records, odd := inteltest.Parse(t, secdb.Feed{}, inteltest.File("main.yaml", text))
	want := []string{"CVE-2024-0001 Alpine:v3.11/a 2.10", "CVE-2024-0002 Alpine:v3.11/a none"}
	if diff := cmp.Diff(want, told(records)); diff != "" || len(odd) != 1 {
		t.Errorf("%v\n%s", odd, diff)
	}
	// one value of another shape costs itself
	records, odd = inteltest.Parse(t, secdb.Feed{}, inteltest.File("main.yaml",
		strings.Replace(text, "          - CVE-2024-0001 (x)\n", "          x: y\n", 1)))
	if diff := cmp.Diff(want[1:], told(records)); diff != "" || len(odd) != 2 {
		t.Errorf("%v\n%s", odd, diff)
	}
}

// TestMissing: a release of Alpine has two repositories, and nobody looked at the packages of one without a list.
func TestMissing(t *testing.T) {
	fixes := `{"1-r0":["CVE-2024-0001"]}`
	for text, want := range map[string]string{
		list("main", fixes): "Alpine:v3.20/community", list("community", fixes): "Alpine:v3.20/main",
		strings.Replace(list("main", fixes), "v3.20", "v3.2", 1): "",
	} {
		_, odd := inteltest.Parse(t, secdb.Feed{}, inteltest.File("main.json", text))
		if got := fmt.Sprint(odd); len(odd) != min(1, len(want)) || !strings.Contains(got, want) {
			t.Errorf("%s, want %q", got, want)
		}
	}
}

// TestLeftOut: what is wrong costs itself, or the list.
func TestLeftOut(t *testing.T) {
	sound := list("main", `{"1-r0":["CVE-2024-0001"]}`)
	for name, tt := range map[string]struct {
		from, to     string
		records, odd int
	}{
		"a version":     {`"1-r0":[`, `"!":["CVE-2024-0002"],"1-r0":[`, 1, 2},
		"another shape": {`["CVE-2024-0001"]}}}`, `"CVE"}}},{"pkg":{"name":"a","secfixes":{"2":["CVE-2024-0003"]}}}`, 1, 2},
		"no name":       {`"name":"zlib"`, `"x":1}},{"pkg":{"name":"a","secfixes":{"2":["CVE-2024-0003"]}}},{"pkg":{"name":"b"`, 2, 2},
	} {
		records, odd := inteltest.Parse(t, secdb.Feed{}, inteltest.File("a.json", strings.Replace(sound, tt.from, tt.to, 1)))
		if len(records) != tt.records || len(odd) != tt.odd {
			t.Errorf("%s: %d records and %v left out", name, len(records), odd)
		}
	}
	for name, text := range map[string]string{
		"another publisher": strings.ReplaceAll(sound, "alpinelinux.org", "example.org"),
		"another branch":    strings.ReplaceAll(sound, "v3.20", "latest"),
		"cut off":           sound[:len(sound)-9],
		"named too late":    strings.Replace(sound, `"reponame":"main"`, `"packages":[]`, 1),
	} {
		if err := inteltest.Failure(t, secdb.Feed{}, inteltest.File("a.json", text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestFetch: each list is fetched once, and asked for with what its server said of it.
func TestFetch(t *testing.T) {
	var asked []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		etag := `"` + r.URL.Path + `"`
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		asked = append(asked, r.URL.Path)
		w.Header().Set("ETag", etag)
		fmt.Fprint(w, list(strings.TrimSuffix(r.URL.Path[strings.LastIndex(r.URL.Path, "/")+1:], ".json"), `{"1":["CVE-2024-0001"]}`))
	}))
	defer server.Close()
	for name, want := range map[string][]string{
		"Alpine:v3.20": {"/v3.20/community.json", "/v3.20/main.json"}, "Alpine:v3.2": {"/v3.2/main.json"},
		"Wolfi": {"/os/security.json"}, "Chainguard": {"/chainguard/security.json"}, "Alpine": nil, "Alpine:../x": nil, "Debian": nil,
	} {
		asked = nil
		dst, err := os.OpenRoot(t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		feed := secdb.Feed{Client: server.Client(), URL: server.URL, Name: name}
		mark, err := feed.Fetch(t.Context(), dst, "")
		if (err == nil) != (want != nil) || (secdb.Feed{Name: name}.Address() == "") != (want == nil) {
			t.Errorf("%s: %v", name, err)
		}
		again, _ := feed.Fetch(t.Context(), dst, mark)
		if diff := cmp.Diff(want, asked); diff != "" || again != mark {
			t.Errorf("%s: %q then %q\n%s", name, mark, again, diff)
		}
		dst.Close()
	}
}

// FuzzParse: whatever bytes there are, in either form, reading ends, and statements are of known ecosystems.
func FuzzParse(f *testing.F) {
	for _, name := range []string{"wolfi.json", "main.yaml"} {
		text, err := os.ReadFile("testdata/" + name)
		if err != nil {
			f.Fatal(err)
		}
		f.Add(text, name == "main.yaml")
	}
	f.Add([]byte(list("main", `{"0":["CVE-2024-0001 XSA-1"]}`)), false)
	f.Add([]byte("reponame: &a main\npackages:\n- pkg: *a\n"), true)
	f.Fuzz(func(t *testing.T, data []byte, isYAML bool) {
		secdb.IsBeginning(data)
		name := "a.json"
		if isYAML {
			name = "a.yaml"
		}
		for r, err := range (secdb.Feed{}).Parse(t.Context(), inteltest.File(name, string(data))) {
			if err != nil {
				continue
			}
			for _, p := range r.Packages {
				base, _, _ := strings.Cut(p.Ecosystem, ":")
				if !p.Own || !intel.IsVulnerability(p.CVEs[0]) || !slices.Contains([]string{"Alpine", "Wolfi", "Chainguard"}, base) {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
