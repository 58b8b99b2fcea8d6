package sofa_test

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/sofa"
)

// list is a list in the first published form, in which values say whether a CVE is exploited.
const list = `{"UpdateHash":"0e64","OSVersions":[{"OSVersion":"Sequoia 15","Latest":{"ProductVersion":"15.7.9"},"SecurityReleases":[
	{"UpdateName":"macOS Sequoia 15.7.9","ProductName":"macOS","ProductVersion":"15.7.9","ReleaseDate":"2026-08-06T00:00:00Z",
		"SecurityInfo":"https://support.apple.com/en-us/148171","CVEs":{"CVE-2026-65400":true},"ActivelyExploitedCVEs":["CVE-2026-65400"]},
	{"UpdateName":"macOS Sequoia 15.7.8","ProductVersion":"15.7.8","ReleaseDate":"2026-07-27T00:00:00Z",
		"SecurityInfo":"https://support.apple.com/kb/HT213931","CVEs":{"CVE-2026-0002":false},"ActivelyExploitedCVEs":[]},
	{"UpdateName":"macOS Sequoia 15","ProductVersion":"15.0","ReleaseDate":"2024-09-16T00:00:00Z",
		"SecurityInfo":"","CVEs":{"CVE-2024-0001":false},"ActivelyExploitedCVEs":[]}],"SupportedModels":[]}],"Models":{}}`

// fixes is the record of a CVE that a release of macOS 15 fixes.
func fixes(cve, release, version, article string, day time.Time, affected ...intel.Range) intel.Record {
	return intel.Record{Source: release, Published: day, Modified: day, Affected: []intel.Affected{{
		CVE: cve, Part: "o", Vendor: "apple", Product: "macos_15", By: intel.ByDistribution, Assigner: "apple",
		Fix:      intel.Fix{Title: "148171", URL: article, Available: true},
		Versions: append([]intel.Range{{Low: version, Unaffected: true}, {Exact: "15.7.9", Unaffected: true}}, affected...),
	}}}
}

func day(y int, m time.Month, d int) time.Time { return time.Date(y, m, d, 0, 0, 0, 0, time.UTC) }

func TestParse(t *testing.T) {
	exploited := fixes("CVE-2026-65400", "macOS Sequoia 15.7.9", "15.7.9", "https://support.apple.com/en-us/148171",
		day(2026, 8, 6), intel.Range{Low: "15", High: "15.7.9"})
	exploited.CVE = &intel.CVE{ID: "CVE-2026-65400", Exploit: intel.ExploitVerified}
	want := []intel.Record{
		fixes("CVE-2024-0001", "macOS Sequoia 15", "15.0", "", day(2024, 9, 16)),
		fixes("CVE-2026-0002", "macOS Sequoia 15.7.8", "15.7.8", "https://support.apple.com/kb/HT213931",
			day(2026, 7, 27), intel.Range{Low: "15", High: "15.7.8"}),
		exploited,
	}
	// In the second form values are objects, and it says when Apple was last asked.
	second := strings.NewReplacer(":true", `:{"ActivelyExploited":true}`, ":false", ":{}",
		`{"UpdateHash"`, `{"LastCheck":"2026-08-22T18:45:03.057991718+00:00","UpdateHash"`).Replace(list)
	for form, text := range map[string]string{"first": list, "second": second} {
		records, odd := inteltest.Parse(t, sofa.Feed{}, inteltest.File("macos_data_feed.json", text))
		if diff := cmp.Diff(want, records); diff != "" || len(odd) > 0 {
			t.Errorf("the %s form: left out %v (-want +got):\n%s", form, odd, diff)
		}
	}
	for record, err := range (sofa.Feed{}).Parse(t.Context(), inteltest.File("a.json", second)) {
		if err != nil || record.Listing == nil || record.Listing.Released.Day() != 22 {
			t.Errorf("%v, listed in %+v", err, record.Listing)
		}
	}
}

// TestNewest: the newest release is named by its article; by itself where it has none of its own.
func TestNewest(t *testing.T) {
	for name, tt := range map[string]struct{ from, to, want string }{
		"an article":   {"", "", "148171"},
		"of old":       {"https://support.apple.com/en-us/148171", "https://support.apple.com/kb/HT213931", "HT213931"},
		"none":         {"https://support.apple.com/en-us/148171", "", "macOS Sequoia 15.7.9"},
		"another":      {"https://support.apple.com/en-us/148171", "https://example.com/148171", "macOS Sequoia 15.7.9"},
		"a word":       {"https://support.apple.com/en-us/148171", "https://support.apple.com/en-us/about", "macOS Sequoia 15.7.9"},
		"without CVEs": {`"CVEs":{"CVE-2026-65400":true}`, `"CVEs":{}`, "macOS Sequoia 15.7.9"},
	} {
		records, _ := inteltest.Parse(t, sofa.Feed{}, inteltest.File("a.json", strings.Replace(list, tt.from, tt.to, 1)))
		for _, r := range records {
			if got := r.Affected[0].Fix.Title; got != tt.want {
				t.Errorf("%s: %s is fixed by %q, want %q", name, r.Affected[0].CVE, got, tt.want)
			}
		}
	}
}

// TestLeftOut: what is wrong costs its major version, or the one CVE.
func TestLeftOut(t *testing.T) {
	for name, tt := range map[string]struct {
		from, to     string
		records, odd int
	}{
		"a version":       {`"ProductVersion":"15.7.8"`, `"ProductVersion":"15.7.8 (a)"`, 0, 1},
		"another line":    {`"ProductVersion":"15.7.8"`, `"ProductVersion":"14.7.8"`, 0, 1},
		"a CVE":           {"CVE-2026-0002", "CVE-2026", 2, 1},
		"no releases":     {`"SecurityReleases":[`, `"SecurityReleases":[],"Others":[`, 0, 1},
		"another shape":   {`"CVEs":{"CVE-2026-0002":false}`, `"CVEs":["CVE-2026-0002"]`, 0, 1},
		"a CVE once more": {`{"CVE-2026-65400":true}`, `{"CVE-2026-65400":true,"CVE-2026-0002":false}`, 3, 0},
	} {
		records, odd := 0, 0
		for _, err := range (sofa.Feed{}).Parse(t.Context(), inteltest.File("a.json", strings.Replace(list, tt.from, tt.to, 1))) {
			if _, is := errors.AsType[*intel.RecordError](err); is {
				odd++
			} else if err == nil {
				records++
			}
		}
		if records != tt.records || odd != tt.odd {
			t.Errorf("%s: %d records and %d left out, want %d and %d", name, records, odd, tt.records, tt.odd)
		}
	}
}

func TestRefused(t *testing.T) {
	for name, tt := range map[string]struct {
		text string
		want error
	}{
		"of another system": {strings.ReplaceAll(list, "macOS Sequoia", "iOS"), nil},
		"another list":      {`{"result":[{"name":"python"}]}`, intel.ErrNoRecords},
		"a bomb":            {strings.Repeat(" ", 65<<20), intel.ErrTooLarge},
	} {
		text := tt.text
		if tt.want == nil {
			text, tt.want = strings.ReplaceAll(text, `"ProductName":"macOS",`, ""), intel.ErrNoRecords
		}
		if err := inteltest.Failure(t, sofa.Feed{}, inteltest.File("a.json", text)); !errors.Is(err, tt.want) {
			t.Errorf("%s: %v, want %v", name, err, tt.want)
		}
	}
}

// server publishes a list as SOFA does: with an ETag, and with its hash in a document beside it.
type server struct {
	text, hash string
	sent       int
}

func (s *server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/v2/timestamp.json" && s.hash != "" {
		fmt.Fprintf(w, `{"macOS":{"LastCheck":"2026-08-22T18:45:03Z","UpdateHash":%q},"iOS":{"UpdateHash":"other"}}`, s.hash)
		return
	}
	if r.URL.Path != "/v2/macos_data_feed.json" {
		http.NotFound(w, r)
		return
	}
	tag := fmt.Sprintf(`"%x"`, sha256.Sum256([]byte(s.text)))
	w.Header().Set("ETag", tag)
	if r.Header.Get("If-None-Match") == tag {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	s.sent++
	fmt.Fprint(w, s.text)
}

// TestFetch asks a server for a list that changes, and that does not.
func TestFetch(t *testing.T) {
	list := func(hash, checked string) string {
		return strings.Replace(list, `"UpdateHash":"0e64"`, `"UpdateHash":"`+hash+`","LastCheck":"`+checked+`"`, 1)
	}
	s := &server{text: list("a", "1")}
	web := httptest.NewServer(s)
	defer web.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	feed := sofa.Feed{Client: web.Client(), URL: web.URL + "/v2/macos_data_feed.json"}
	fetch := func(what string, since intel.Mark, want int) intel.Mark {
		t.Helper()
		s.sent = 0
		mark, err := feed.Fetch(t.Context(), dst, since)
		if err != nil || s.sent != want || (mark == since) != (want == 0) {
			t.Fatalf("%s: mark %q after %q, sent %d times, want %d: %v", what, mark, since, s.sent, want, err)
		}
		return mark
	}
	first := fetch("the first time", "", 1)
	fetch("an unchanged list, by its ETag", first, 0)
	if records, _ := inteltest.Parse(t, feed, dst.FS()); len(records) != 3 {
		t.Errorf("%d records were fetched", len(records))
	}
	s.hash, s.text = "a", list("a", "2")
	fetch("a list that was only checked again, by its hash", first, 0)
	s.hash, s.text = "b", list("b", "3")
	second := fetch("another list", first, 1)
	fetch("the same once more", second, 0)
	s.hash = "c" // told before the list is there
	fetch("a list that is late", second, 0)
	s.hash = ""
	fetch("without a hash", second, 0)
	if mark, err := feed.Fetch(t.Context(), dst, "x"); err == nil || mark != "x" {
		t.Errorf("a mark that is none: %q, %v", mark, err)
	}
	web.Close()
	if mark, err := feed.Fetch(t.Context(), dst, second); err == nil || mark != second {
		t.Errorf("without a server: mark %q, %v", mark, err)
	}
}

// TestForms: both published forms of the same day say the same.
func TestForms(t *testing.T) {
	t.Run("sample", func(t *testing.T) {
		compareForms(t, inteltest.File("a.json", read(t, "v1.json")), inteltest.File("a.json", read(t, "v2.json")), 28)
	})
	t.Run("shared", func(t *testing.T) {
		compareForms(t, inteltest.Shared(t, "apple/sofa-v1-macos_data_feed.json.gz"),
			inteltest.Shared(t, "apple/sofa-v2-macos_data_feed.json.gz"), 4807)
	})
}

func read(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile("testdata/" + name)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func compareForms(t *testing.T, first, second fs.FS, want int) {
	t.Helper()
	one, odd := inteltest.Parse(t, sofa.Feed{}, first)
	two, more := inteltest.Parse(t, sofa.Feed{}, second)
	if diff := cmp.Diff(one, two); diff != "" || len(odd)+len(more) > 0 || len(one) != want {
		t.Errorf("%d records, want %d; left out %v and %v (-first +second):\n%s", len(one), want, odd, more, diff)
	}
}

func FuzzParse(f *testing.F) {
	f.Add(list)
	f.Add(`{"OSVersions":[{"SecurityReleases":[{"UpdateName":"macOS","ProductVersion":"11.","CVEs":{"CVE-2020-0001":null}}]}]}`)
	f.Add(`{"OSVersions":[{"SecurityReleases":[{"UpdateName":"macOS","ProductVersion":"011..1","SecurityInfo":"https://support.apple.com/1"}]}]}`)
	f.Fuzz(func(t *testing.T, text string) {
		for r, err := range (sofa.Feed{}).Parse(t.Context(), inteltest.File("a.json", text)) {
			if err != nil {
				continue
			}
			a := r.Affected[0]
			if !intel.IsCVE(a.CVE) || a.Fix.Title == "" || !strings.HasPrefix(a.Product, "macos_") || len(a.Versions) < 2 {
				t.Errorf("%+v", a)
			}
		}
	})
}
