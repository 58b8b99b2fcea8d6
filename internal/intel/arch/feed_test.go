package arch_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/arch"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// list is a list of one group.
func list(fields string) string {
	return `[{"name":"AVG-1","packages":["a","lib32-a"],"affected":"1-1","issues":["CVE-2024-0002","CVE-2024-0001"],
	"severity":"High","type":"information disclosure",` + fields + `}]`
}

// TestStates: the state of a group says which versions of its packages are affected, and what becomes of a fix.
func TestStates(t *testing.T) {
	offered := intel.Fix{Available: true, ID: "ASA-202401-01", Title: "a 1-2", URL: "https://security.archlinux.org/ASA-202401-01"}
	unnamed := intel.Fix{Available: true, ID: "AVG-1", Title: "a 1-2", URL: "https://security.archlinux.org/AVG-1"}
	pending := intel.Fix{State: intel.FixPending}
	for fields, want := range map[string]struct {
		r   intel.Range
		fix intel.Fix
	}{
		`"status":"Fixed","fixed":"1-2","advisories":["ASA-202401-01"]`:         {intel.Range{High: "1-2"}, offered},
		`"status":"Fixed","fixed":"1-2","advisories":["ASA-202401-01","ASA-2"]`: {intel.Range{High: "1-2"}, unnamed},
		`"status":"Vulnerable","fixed":null,"advisories":[]`:                    {intel.Range{}, pending},
		`"status":"Testing","fixed":"1-2","advisories":[]`:                      {intel.Range{High: "1-2"}, pending},
		`"status":"Not affected","fixed":null,"advisories":[]`:                  {intel.Range{Unaffected: true}, intel.Fix{}},
		`"status":"Unknown","fixed":null`:                                       {intel.Range{Unaffected: true}, intel.Fix{State: intel.FixInvestigated}},
	} {
		records, odd := inteltest.Parse(t, arch.Feed{}, inteltest.File("all.json", list(fields)))
		p := intel.Package{CVEs: []string{"CVE-2024-0001", "CVE-2024-0002"}, Ecosystem: "Arch Linux", Name: "a", Own: true,
			Ranges: []intel.Range{want.r}, Fix: want.fix, Severity: intel.SeverityHigh}
		other := p
		other.Name, other.Fix.Title = "lib32-a", strings.Replace(p.Fix.Title, "a ", "lib32-a ", 1)
		if diff := cmp.Diff([]intel.Record{{Source: "AVG-1", Packages: []intel.Package{p, other}}}, records); diff != "" ||
			len(odd) > 0 {
			t.Errorf("%s: %v\n%s", fields, odd, diff)
		}
	}
}

// TestPublished reads what Arch Linux publishes.
func TestPublished(t *testing.T) {
	records, odd := inteltest.Parse(t, arch.Feed{}, os.DirFS("testdata"))
	if len(records) != 5 || len(odd) > 0 {
		t.Errorf("%d records, %v", len(records), odd)
	}
	if last := records[len(records)-1]; last.Source != "AVG-2222" || last.Packages[0].CVEs[0] != "AVG-2222" {
		t.Errorf("a group without a CVE: %+v", last)
	}
	if kind, ok := feeds.Recognize(os.DirFS("testdata")); kind != intel.Arch || !ok {
		t.Errorf("recognised as %q", kind)
	}
}

// TestLeftOut: what is wrong costs its group, or the list.
func TestLeftOut(t *testing.T) {
	const sound = `,{"name":"AVG-2","packages":["b"],"status":"Vulnerable","issues":[]}]`
	with := func(text string) string { return strings.TrimSuffix(text, "]") + sound }
	for name, text := range map[string]string{
		"a state":     with(list(`"status":"Open"`)),
		"no version":  with(list(`"status":"Fixed"`)),
		"no packages": with(strings.Replace(list(`"status":"Vulnerable"`), `"a","lib32-a"`, "", 1)),
		"no name":     with(strings.Replace(list(`"status":"Vulnerable"`), "AVG-1", "", 1)),
	} {
		records, odd := inteltest.Parse(t, arch.Feed{}, inteltest.File("all.json", text))
		if len(records) != 1 || len(odd) != 1 {
			t.Errorf("%s: %d records and %v left out", name, len(records), odd)
		}
	}
	for name, text := range map[string]string{"cut off": list(`"status":"Vulnerable"`)[:90], "an object": "{}", "more": "[] []",
		"another list": `["a"]`} {
		if err := inteltest.Failure(t, arch.Feed{}, inteltest.File("all.json", text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
}

// TestFetch: the list is fetched once, and asked for with what its server said of it.
func TestFetch(t *testing.T) {
	sent := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		w.Header().Set("ETag", `"1"`)
		fmt.Fprint(w, list(`"status":"Vulnerable"`))
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	feed := arch.Feed{Client: server.Client(), URL: server.URL}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	if again, err := feed.Fetch(t.Context(), dst, mark); err != nil || again != mark || sent != 1 {
		t.Errorf("%v, mark %q then %q, sent %d times", err, mark, again, sent)
	}
}

// FuzzParse: whatever bytes there are, reading ends, and statements are of Arch Linux.
func FuzzParse(f *testing.F) {
	f.Add([]byte(list(`"status":"Testing","fixed":"1:2-3","advisories":["ASA-1-2"]`)))
	f.Add([]byte(list(`"status":"Not affected"`)))
	f.Fuzz(func(t *testing.T, data []byte) {
		for r, err := range (arch.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(data))) {
			if err != nil {
				continue
			}
			for _, p := range r.Packages {
				if !p.Own || p.Ecosystem != "Arch Linux" || len(p.CVEs) == 0 || !intel.IsVulnerability(p.CVEs[0]) || len(p.Ranges) != 1 {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
