package epss_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/epss"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// list is a list of scores as FIRST publishes it today.
const list = `#model_version:v2026.06.15,score_date:2026-08-16T00:00:00Z
cve,epss,percentile
CVE-1999-0001,0.03351,0.8765
CVE-2024-9680,1,1.0
`

func zipped(text string) string {
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	z.Write([]byte(text))
	z.Close()
	return out.String()
}

func record(cve string, score, percentile float64, day time.Time, model string) intel.Record {
	return intel.Record{Source: cve, Modified: day,
		Likelihood: &intel.Likelihood{Score: score, Percentile: percentile, Day: day, Model: model}}
}

// TestParse reads the forms of six years.
func TestParse(t *testing.T) {
	today := time.Date(2026, 8, 16, 0, 0, 0, 0, time.UTC)
	now := []intel.Record{record("CVE-1999-0001", .03351, .8765, today, "v2026.06.15"), record("CVE-2024-9680", 1, 1, today, "v2026.06.15")}
	for name, tt := range map[string]struct {
		file, text string
		want       []intel.Record
		odd        int
	}{
		"today":      {"epss.csv.gz", zipped(list), now, 0},
		"unpacked":   {"epss.csv", list, now, 0},
		"of Windows": {"EPSS.CSV", "\ufeff" + strings.ReplaceAll(list, "\n", "\r\n"), now, 0},
		"no end":     {"epss.csv", strings.TrimSpace(list), now, 0},
		"of 2023": {"epss.csv", "#model_version:v2023.03.01,score_date:2023-03-07T00:00:00+0000\ncve,epss,percentile\nCVE-2020-5902,0.97565,0.99999\n",
			[]intel.Record{record("CVE-2020-5902", .97565, .99999, time.Date(2023, 3, 7, 0, 0, 0, 0, time.UTC), "v2023.03.01")}, 0},
		"of 2021": {"epss.csv", "cve,epss\nCVE-2020-5902,0.65117\n",
			[]intel.Record{record("CVE-2020-5902", .65117, 0, time.Time{}, "")}, 0},
		"no day": {"epss.csv", "#model_version:v2026.06.15,score_date:2026-13-45\ncve,epss,percentile\nCVE-2024-9680,1,1.0\n",
			[]intel.Record{record("CVE-2024-9680", 1, 1, time.Time{}, "v2026.06.15")}, 0},
		"odd lines": {"epss.csv", list + "CVE-2024-1,0.1,0.2\nCVE-2024-0001,1.1,0.2\nCVE-2024-0002,NaN,0.2\nCVE-2024-0003,0.1\n" +
			"CVE-2024-0004,-0.1,0\nCVE-2024-0005,,\n,,\n" + strings.Repeat("x", 5000) + "\nCVE-2024-0006,5e-05,0.5\nCVE-20",
			append(now[:2:2], record("CVE-2024-0006", .00005, .5, today, "v2026.06.15")), 9},
	} {
		records, odd := inteltest.Parse(t, epss.Feed{}, inteltest.File(tt.file, tt.text))
		if diff := cmp.Diff(tt.want, records); diff != "" || len(odd) != tt.odd {
			t.Errorf("%s: %d odd, want %d: %v (-want +got):\n%s", name, len(odd), tt.odd, odd, diff)
		}
	}
}

// TestOthersArePassedOver: a list of something else beside the scores says nothing.
func TestOthersArePassedOver(t *testing.T) {
	kev := "cveID,vendorProject\nCVE-2024-0001,acme\n"
	records, odd := inteltest.Parse(t, epss.Feed{}, fstest.MapFS{"a.csv": {Data: []byte(kev)}, "b.csv": {Data: []byte(list)},
		"c.json": {Data: []byte("{")}, "d.csv": {Data: nil}})
	if len(records) != 2 || len(odd) != 0 {
		t.Errorf("%v, %v", records, odd)
	}
}

func TestRefused(t *testing.T) {
	whole := zipped(strings.Repeat(list, 100))
	for name, tt := range map[string]struct {
		file, text string
		want       error
	}{
		"another list": {"a.csv", "cveID,vendorProject\nCVE-2024-0001,acme\n", intel.ErrNoRecords},
		"nothing":      {"a.csv", "", intel.ErrNoRecords},
		"only odd":     {"a.csv", "cve,epss\nx,y\n", intel.ErrNoRecords},
		"a bomb":       {"a.csv.gz", zipped(list + strings.Repeat("\n", 64<<20)), intel.ErrTooLarge},
		"cut off":      {"a.csv.gz", whole[:len(whole)-20], nil},
		"no gzip":      {"a.csv.gz", list, nil},
	} {
		err := inteltest.Failure(t, epss.Feed{}, inteltest.File(tt.file, tt.text))
		if err == nil || tt.want != nil && !errors.Is(err, tt.want) {
			t.Errorf("%s: error %v, want %v", name, err, tt.want)
		}
	}
}

// TestFetch asks for the list once, and then whether it has changed.
func TestFetch(t *testing.T) {
	asked := 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Header().Set("ETag", `"one"`)
		w.Write([]byte(zipped(list)))
	}))
	defer server.Close()
	root, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	feed := epss.Feed{URL: server.URL}
	mark, err := feed.Fetch(t.Context(), root, "")
	if err != nil {
		t.Fatal(err)
	}
	if records, _ := inteltest.Parse(t, feed, root.FS()); len(records) != 2 {
		t.Errorf("%d records", len(records))
	}
	if again, err := feed.Fetch(t.Context(), root, mark); err != nil || again != mark || asked != 2 {
		t.Errorf("mark %q after %q, %d requests, %v", again, mark, asked, err)
	}
}

// TestScores: what a list says is read, whatever it says; and it is read whole.
func TestScores(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		var text strings.Builder
		text.WriteString("#model_version:m,score_date:2026-01-02T00:00:00Z\ncve,epss,percentile\n")
		want := map[string][2]int{}
		for range rapid.IntRange(1, 50).Draw(rt, "scores") {
			id := fmt.Sprintf("CVE-%d-%04d", rapid.IntRange(1999, 2026).Draw(rt, "year"), rapid.IntRange(0, 99999).Draw(rt, "number"))
			score, percentile := rapid.IntRange(0, 100_000).Draw(rt, "score"), rapid.IntRange(0, 100_000).Draw(rt, "percentile")
			want[id] = [2]int{score, percentile}
			fmt.Fprintf(&text, "%s,%d.%05d,%d.%05d\n", id, score/100_000, score%100_000, percentile/100_000, percentile%100_000)
		}
		for r, err := range (epss.Feed{}).Parse(t.Context(), inteltest.File("e.csv", text.String())) {
			if err != nil {
				rt.Fatal(err)
			}
			w := want[r.Source]
			if l := r.Likelihood; l.Score != float64(w[0])/100_000 || l.Percentile != float64(w[1])/100_000 {
				if n := strings.Count(text.String(), r.Source); n == 1 {
					rt.Fatalf("%s: %+v, want %v", r.Source, l, w)
				}
			}
		}
	})
}

// The README of the real list counts 360,142 scores.
func TestReal(t *testing.T) {
	var fsys fs.FS = inteltest.Shared(t, "exploit/epss_scores-2026-08-16.csv.gz")
	records, odd := inteltest.Parse(t, epss.Feed{}, fsys)
	if len(records) != 360_142 || len(odd) != 0 {
		t.Errorf("%d scores, %d left out", len(records), len(odd))
	}
}

func FuzzParse(f *testing.F) {
	f.Add(list)
	f.Add("cve,epss\nCVE-2020-5902,0.65117\n")
	f.Add("#,\n#score_date:2026-13-01\ncve,epss,percentile,percentile\nCVE-2020-5902,0.6,1,2")
	f.Fuzz(func(t *testing.T, text string) {
		epss.IsBeginning([]byte(text))
		for r, err := range (epss.Feed{}).Parse(t.Context(), inteltest.File("e.csv", text)) {
			if err != nil {
				continue
			}
			if l := r.Likelihood; !intel.IsCVE(r.Source) || !(l.Score >= 0 && l.Score <= 1) ||
				!(l.Percentile >= 0 && l.Percentile <= 1) {
				t.Errorf("%q: %+v", r.Source, l)
			}
		}
	})
}
