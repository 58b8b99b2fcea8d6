package debian_test

import (
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/debian"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/inteltest"
)

// list is a list of one CVE in a package, with what is said of a release.
func list(release string) string {
	return `{"openssl":{"CVE-2024-0001":{"scope":"local","releases":{"bookworm":` + release + `}}}}`
}

// TestStates: each state of a release says which versions are affected, and what becomes of a fix.
func TestStates(t *testing.T) {
	none := intel.Range{Unaffected: true}
	for text, want := range map[string]struct {
		r        intel.Range
		fix      intel.Fix
		severity intel.Severity
	}{
		`"status":"resolved","fixed_version":"3.0.9-1","urgency":"medium"`: {
			intel.Range{High: "3.0.9-1"}, intel.Fix{Available: true}, intel.SeverityMedium},
		`"status":"resolved","fixed_version":"0","urgency":"unimportant"`: {none, intel.Fix{}, intel.SeverityLow},
		`"status":"undetermined","urgency":"not yet assigned"`: {none, intel.Fix{State: intel.FixInvestigated},
			intel.SeverityUnknown},
		`"status":"open","urgency":"high**"`: {intel.Range{}, intel.Fix{State: intel.FixPending}, intel.SeverityHigh},
		`"status":"open","urgency":"unimportant"`: {intel.Range{}, intel.Fix{State: intel.FixDeferred},
			intel.SeverityLow},
		`"status":"open","urgency":"not yet assigned","nodsa":"Minor issue","nodsa_reason":""`: {
			intel.Range{}, intel.Fix{State: intel.FixDeferred}, intel.SeverityUnknown},
		`"status":"open","urgency":"low","nodsa":"Minor issue","nodsa_reason":"postponed"`: {
			intel.Range{}, intel.Fix{State: intel.FixDeferred}, intel.SeverityLow},
		`"status":"open","urgency":"low","nodsa":"Too intrusive","nodsa_reason":"ignored"`: {
			intel.Range{}, intel.Fix{State: intel.FixDeclined}, intel.SeverityLow},
		`"status":"open","urgency":"end-of-life","nodsa":"","nodsa_reason":"ignored"`: {
			intel.Range{}, intel.Fix{State: intel.FixEnded}, intel.SeverityUnknown},
	} {
		records, odd := inteltest.Parse(t, debian.Feed{}, inteltest.File("a.json", list("{"+text+"}")))
		p := intel.Package{CVEs: []string{"CVE-2024-0001"}, Ecosystem: "Debian:12", Name: "openssl", Own: true,
			Ranges: []intel.Range{want.r}, Fix: want.fix, Severity: want.severity}
		if diff := cmp.Diff([]intel.Record{{Source: "CVE-2024-0001", Packages: []intel.Package{p}}}, records); diff != "" ||
			len(odd) > 0 {
			t.Errorf("%s: %v\n%s", text, odd, diff)
		}
	}
}

// TestPublished reads what Debian publishes.
func TestPublished(t *testing.T) {
	folder := os.DirFS("testdata")
	records, odd := inteltest.Parse(t, debian.Feed{}, folder)
	if len(odd) > 0 {
		t.Error(odd)
	}
	var said []string
	for _, r := range records {
		for _, p := range r.Packages {
			said = append(said, fmt.Sprintf("%s %s %s <%s %s", p.Name, r.Source, p.Ecosystem, p.Ranges[0].High, p.Fix.State))
		}
	}
	text := strings.Join(said, "\n")
	for _, want := range []string{
		"sope CVE-2025-53603 Debian:12 <5.8.0-1+deb12u1 ", "chromium CVE-2022-0456 Debian:10 < endOfLife",
		"chromium CVE-2022-0456 Debian:sid <98.0.4758.80-1 ", "prototypejs CVE-2007-2383 Debian:9 < ",
	} {
		if !strings.Contains(text+"\n", want+"\n") {
			t.Errorf("nothing is said of %q in\n%s", want, text)
		}
	}
	if kind, ok := feeds.Recognize(folder); kind != intel.Debian || !ok {
		t.Errorf("recognised as %q", kind)
	}
}

// TestLeftOut: what is wrong costs its CVE in its package, or ends the list.
func TestLeftOut(t *testing.T) {
	const sound = `,"zlib":{"CVE-2024-0002":{"releases":{"bookworm":{"status":"open"}}}}}`
	with := func(text string) string { return strings.TrimSuffix(text, "}") + sound }
	for name, tt := range map[string]struct {
		text         string
		records, odd int
	}{
		"a status":          {with(list(`{"status":"closed"}`)), 1, 1},
		"a version":         {with(list(`{"status":"resolved","fixed_version":""}`)), 1, 1},
		"another shape":     {with(list(`["open"]`)), 1, 1},
		"no CVE":            {with(`{"openssl":{"DSA-1":{"releases":{}}}}`), 1, 1},
		"not assigned yet":  {with(`{"openssl":{"TEMP-0000000-000001":{"releases":{}}}}`), 1, 0},
		"no releases":       {with(`{"openssl":{"CVE-2022-0358":{"releases":[]}}}`), 2, 0},
		"an unknown name":   {with(strings.Replace(list(`{"status":"odd"}`), "bookworm", "potato", 1)), 2, 0},
		"a package, a list": {with(`{"openssl":["CVE-2024-0001"]}`), 1, 1},
		"an empty package":  {with(`{"openssl":[]}`), 1, 0},
	} {
		records, odd := inteltest.Parse(t, debian.Feed{}, inteltest.File("a.json", tt.text))
		if len(records) != tt.records || len(odd) != tt.odd {
			t.Errorf("%s: %d records and %v left out", name, len(records), odd)
		}
	}
	for name, text := range map[string]string{
		"cut off": list(`{"status":"open"}`)[:60], "more": list(`{"status":"open"}`) + "{}", "nothing": "", "a list": `["a"]`,
	} {
		if err := inteltest.Failure(t, debian.Feed{}, inteltest.File("a.json", text)); err == nil {
			t.Errorf("%s is read", name)
		}
	}
	long := strings.Replace(list(`{"status":"open"}`), "local", strings.Repeat("x", 2<<20), 1)
	if err := inteltest.Failure(t, debian.Feed{}, inteltest.File("a.json", long)); !errors.Is(err, intel.ErrTooLarge) {
		t.Errorf("a long value: %v", err)
	}
}

// TestFetch: the list is fetched once, and asked for with what its server said of it.
func TestFetch(t *testing.T) {
	const etag = `"1"`
	asked, sent := 0, 0
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		if r.Header.Get("If-None-Match") == etag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		sent++
		w.Header().Set("ETag", etag)
		fmt.Fprint(w, list(`{"status":"open"}`))
	}))
	defer server.Close()
	dst, err := os.OpenRoot(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	defer dst.Close()
	feed := debian.Feed{Client: server.Client(), URL: server.URL}
	mark, err := feed.Fetch(t.Context(), dst, "")
	if err != nil {
		t.Fatal(err)
	}
	again, err := feed.Fetch(t.Context(), dst, mark)
	if err != nil || again != mark || asked != 2 || sent != 1 {
		t.Errorf("%v, mark %q then %q, asked %d times, sent %d times", err, mark, again, asked, sent)
	}
	if records, _ := inteltest.Parse(t, feed, dst.FS()); len(records) != 1 {
		t.Errorf("%d records", len(records))
	}
}

// FuzzParse: whatever bytes there are, reading ends, and each statement is about a CVE of a package of Debian.
func FuzzParse(f *testing.F) {
	published, err := os.ReadFile("testdata/debian.json")
	if err != nil {
		f.Fatal(err)
	}
	f.Add(published)
	f.Add([]byte(list(`{"status":"open","nodsa":"","urgency":"low"}`)))
	f.Add([]byte(`{"a":[],"b":{"TEMP-1-2":{}},"c":[{"d":[]}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		debian.IsBeginning(data)
		for r, err := range (debian.Feed{}).Parse(t.Context(), inteltest.File("a.json", string(data))) {
			if err != nil {
				continue
			}
			for _, p := range r.Packages {
				if !p.Own || !intel.IsCVE(p.CVEs[0]) || !strings.HasPrefix(p.Ecosystem, "Debian:") || len(p.Ranges) != 1 {
					t.Fatalf("%+v", p)
				}
			}
		}
	})
}
