package photon_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/photon"
)

// list is a list of Photon OS 4.0: a fix, which tells the release, and another entry.
func list(entry string) string {
	return `[{"cve_id":"CVE-2023-0001","pkg":"curl","cve_score":9.8,"aff_ver":"all versions before 7-1.ph4 are vulnerable",
	"res_ver":"7-1.ph4","status":"Fixed"},{"cve_id":"CVE-2023-0002","pkg":"httpd","cve_score":null,` + entry + `}]`
}

func TestParse(t *testing.T) {
	fixed := intel.Package{CVEs: []string{"CVE-2023-0001"}, Ecosystem: "Photon OS:4.0", Name: "curl", Own: true,
		Ranges: []intel.Range{{High: "7-1.ph4"}}, Fix: intel.Fix{Available: true}, Severity: intel.SeverityCritical}
	for entry, want := range map[string]*intel.Package{
		`"aff_ver":"","res_ver":"NA","status":"Not Affected"`: {Ranges: []intel.Range{{Unaffected: true}}},
		`"aff_ver":"x","res_ver":"1:2-3.ph4","status":"Fixed"`: {Ranges: []intel.Range{{High: "1:2-3.ph4"}},
			Fix: intel.Fix{Available: true}},
		`"aff_ver":"x","res_ver":"2-3.ph4"`:                       {Ranges: []intel.Range{{High: "2-3.ph4"}}, Fix: intel.Fix{Available: true}},
		`"aff_ver":"NA","res_ver":"NA","status":"Fixed"`:          nil,
		`"aff_ver":"NA","res_ver":"2-3.ph4","status":"Not Fixed"`: nil,
	} {
		records, odd := inteltest.Parse(t, photon.Feed{}, inteltest.File("a.json", list(entry)))
		expected := []intel.Record{{Source: "CVE-2023-0001", Packages: []intel.Package{fixed}}}
		if want != nil {
			want.CVEs, want.Ecosystem, want.Name, want.Own = []string{"CVE-2023-0002"}, "Photon OS:4.0", "httpd", true
			expected = append(expected, intel.Record{Source: "CVE-2023-0002", Packages: []intel.Package{*want}})
		}
		if diff := cmp.Diff(expected, records); diff != "" || (len(odd) > 0) != (want == nil) {
			t.Errorf("%s: %v\n%s", entry, odd, diff)
		}
	}
}

// TestPublished reads what VMware publishes, of two releases.
func TestPublished(t *testing.T) {
	records, odd := inteltest.Parse(t, photon.Feed{}, os.DirFS("testdata"))
	places := map[string]int{}
	for _, r := range records {
		places[r.Packages[0].Ecosystem]++
	}
	if diff := cmp.Diff(map[string]int{"Photon OS:1.0": 3, "Photon OS:4.0": 6}, places); diff != "" || len(odd) != 1 {
		t.Errorf("%v\n%s", odd, diff)
	}
	if kind, ok := feeds.Recognize(os.DirFS("testdata")); kind != intel.Photon || !ok {
		t.Errorf("recognised as %q", kind)
	}
}

// TestRefused: a list must tell its release, and be one.
func TestRefused(t *testing.T) {
	sound := list(`"res_ver":"1-1.ph4"`)
	for name, text := range map[string]string{
		"no release": strings.ReplaceAll(sound, ".ph4", ""), "two releases": list(`"res_ver":"1-1.ph5"`),
		"cut off": sound[:100], "an object": "{}", "another list": `["a"]`, "more": sound + "1",
	} {
		if err := inteltest.Failure(t, photon.Feed{}, inteltest.File("a.json", text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestFetch: the list of a release is fetched once, and asked for with what its server said of it.
func TestFetch(t *testing.T) {
	var sent []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-Modified-Since") != "" {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent = append(sent, r.URL.Path)
		w.Header().Set("Last-Modified", "Mon, 02 Nov 2026 00:00:00 GMT")
		fmt.Fprint(w, list(`"res_ver":"1-1.ph4"`))
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	feed := photon.Feed{Client: server.Client(), URL: server.URL, Name: "Photon OS:4.0"}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := feed.Fetch(t.Context(), dst, mark)
	if err != nil || again != mark || fmt.Sprint(sent) != "[/cve_data_photon4.0.json]" {
		t.Errorf("%v, mark %q then %q, sent %q", err, mark, again, sent)
	}
	for _, name := range []string{"", "Photon OS", "Photon OS:../x", "Debian:12"} {
		feed.Name = name
		if _, err := feed.Fetch(t.Context(), dst, ""); err == nil {
			t.Errorf("%q is fetched", name)
		}
	}
}

// FuzzParse: whatever bytes there are, reading ends, and statements are of a release of Photon OS.
func FuzzParse(f *testing.F) {
	f.Add([]byte(list(`"res_ver":"NA","status":"Not Affected"`)))
	f.Add([]byte(list(`"res_ver":"1:2-3.ph4","cve_id":"BDSA-2025-0719"`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for r, err := range (photon.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(data))) {
			if err != nil {
				continue
			}
			p := r.Packages[0]
			if !p.Own || !strings.HasPrefix(p.Ecosystem, "Photon OS:") || !intel.IsVulnerability(p.CVEs[0]) || len(p.Ranges) != 1 {
				t.Fatalf("%+v", p)
			}
		}
	})
}
