package bodhi_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/bodhi"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

func short(records []intel.Record) (all []string) {
	for _, r := range records {
		for _, p := range r.Packages {
			all = append(all, strings.Join([]string{r.Source, strings.Join(p.CVEs, ","), p.Ecosystem, p.Name, p.Ranges[0].High}, " | "))
		}
	}
	return all
}

// Updates as Bodhi has them: those of EPEL are told, and those that name no CVE say nothing.
func TestRealUpdates(t *testing.T) {
	records, odd := inteltest.Parse(t, bodhi.Feed{}, os.DirFS("testdata"))
	got := short(records)
	for _, want := range []string{
		"FEDORA-2023-6d4055d482 | CVE-2006-20001,CVE-2022-36760,CVE-2022-37436 | Fedora:36 | httpd | 0:2.4.55-1.fc36",
		"FEDORA-2015-3186 | CVE-2012-6662,CVE-2014-9253,CVE-2015-2172 | Fedora:21 | dokuwiki | 0:0-0.24.20140929c.fc21",
	} {
		if !strings.Contains(strings.Join(got, "\n"), want) {
			t.Errorf("nothing says %s:\n%s", want, strings.Join(got, "\n"))
		}
	}
	if len(odd) != 2 {
		t.Errorf("left out: %v", odd)
	}
}

const one = `{"alias":"FEDORA-2024-%d","type":"%s","status":"%s","release":{"id_prefix":"FEDORA","version":"41"},
	"bugs":[{"title":"CVE-2024-000%[1]d a: b"}],"builds":[{"nvr":"a-b-1.0-%[1]d.fc41","epoch":2,"type":"rpm"}]}`

func TestPages(t *testing.T) {
	total := 3
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		q := r.URL.Query()
		if q.Get("type") != "security" || q.Get("releases") != "F41" {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		page := q.Get("page")
		fmt.Fprintf(w, `{"updates":[%s],"page":%s,"pages":%d,"rows_per_page":1}`,
			fmt.Sprintf(one, page[0]-'0', "security", "stable"), page, total)
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	feed := bodhi.Feed{URL: server.URL + "/updates/", Name: "Fedora:41"}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	want := []string{"FEDORA-2024-1 | CVE-2024-0001 | Fedora:41 | a-b | 2:1.0-1.fc41", "FEDORA-2024-2 | CVE-2024-0002 | Fedora:41 | a-b | 2:1.0-2.fc41",
		"FEDORA-2024-3 | CVE-2024-0003 | Fedora:41 | a-b | 2:1.0-3.fc41"}
	records, _ := inteltest.Parse(t, feed, dst.FS())
	if diff := cmp.Diff(want, short(records)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if again, err := feed.Fetch(t.Context(), dst, mark); err != nil || again != mark {
		t.Errorf("the mark changed: %v", err)
	}
	total = 2
	if _, err := feed.Fetch(t.Context(), dst, mark); err != nil {
		t.Fatal(err)
	}
	records, _ = inteltest.Parse(t, feed, dst.FS())
	if diff := cmp.Diff(want[:2], short(records)); diff != "" {
		t.Errorf("a page less (-want +got):\n%s", diff)
	}
	if _, err := (bodhi.Feed{Name: "EPEL-9"}).Fetch(t.Context(), dst, ""); err == nil {
		t.Error("a release of something else is fetched")
	}
}

// What is no stable security update says nothing.
func TestQuiet(t *testing.T) {
	text := fmt.Sprintf(`{"updates":[%s,%s,%s]}`, fmt.Sprintf(one, 1, "bugfix", "stable"), fmt.Sprintf(one, 2, "security", "testing"),
		fmt.Sprintf(one, 3, "security", "stable"))
	records, odd := inteltest.Parse(t, bodhi.Feed{}, inteltest.File("a.json", text))
	if len(records) != 1 || len(odd) != 0 {
		t.Errorf("%d records, %v", len(records), odd)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(fmt.Sprintf(one, 1, "security", "stable")))
	f.Fuzz(func(t *testing.T, text []byte) {
		for r, err := range (bodhi.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(text))) {
			for i := range r.Packages {
				if p := &r.Packages[i]; err != nil || p.Name == "" || p.Ranges[0].High == "" || len(p.CVEs) == 0 {
					t.Fatalf("%v, %+v", err, p)
				}
			}
		}
	})
}
