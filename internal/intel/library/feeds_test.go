package library_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
)

// Issue 2, part 3: "the same name replaces, others add; a feed that shrank by
// half is refused, judged by name, with the override named."
func TestImportFeeds(t *testing.T) {
	l := newLab(t)
	known := []inteltest.Weakness{
		{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "100", Score: 9.8},
		{CVE: "CVE-2024-0002", Vendor: "google", Product: "chrome", Before: "110", Score: 7.5},
		{CVE: "CVE-2024-0003", Vendor: "mozilla", Product: "firefox", Before: "115", Score: 5.3},
		{CVE: "CVE-2024-0004", Vendor: "7-zip", Product: "7-zip", Before: "23.01", Score: 7.5},
		{CVE: "CVE-2024-0005", Vendor: "openssl", Product: "openssl", Before: "3.0.7", Score: 9.8},
	}
	take := func(name string, allowShrink bool, list ...inteltest.Weakness) error {
		_, _, err := l.library.Import(l.ctx, library.Import{Kind: intel.NVD, Name: name,
			Files: oneFile("nvd.json", inteltest.NVD(list)), AllowShrink: allowShrink})
		return err
	}
	if err := errors.Join(take("one", false, known[:4]...), take("two", false, known[4])); err != nil {
		t.Fatal(err)
	}
	if err := take("one", false, known[0]); !errors.Is(err, library.ErrShrunk) ||
		!strings.Contains(err.Error(), `"one"`) {
		t.Errorf("a feed of 1 record in place of 4: %v, want ErrShrunk naming it", err)
	}
	l.wantRecords(map[string]int64{"one": 4, "two": 1})
	if err := take("one", true, known[0]); err != nil {
		t.Error(err)
	}
	l.wantRecords(map[string]int64{"one": 1, "two": 1})
	for _, name := range []string{"../one", ".one", strings.Repeat("n", 201)} {
		if err := take(name, false, known[0]); !errors.Is(err, library.ErrFeedName) {
			t.Errorf("feed name %q: %v, want ErrFeedName", name, err)
		}
	}
	if _, _, err := l.library.Import(l.ctx, library.Import{Kind: intel.NVD, Name: "two",
		Files: oneFile("nvd.json", inteltest.NVD(known)[:500])}); err == nil {
		t.Error("a truncated feed was taken")
	}
	l.wantRecords(map[string]int64{"one": 1, "two": 1})
}

// If a source fails, its feed stays and shows the failure until the source answers.
func TestRefreshFeeds(t *testing.T) {
	l := newLab(t)
	failing := false
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if failing {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		w.Header().Set("ETag", `"one"`)
		if r.Header.Get("If-None-Match") == `"one"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		w.Write([]byte(`{"catalogVersion":"1","vulnerabilities":[{"cveID":"CVE-2024-0001","knownRansomwareCampaignUse":"Known"}]}`))
	}))
	defer server.Close()
	source := library.Source{Kind: intel.KEV, Name: "kev", URL: server.URL}
	refresh := func(sources ...library.Source) library.Refreshed {
		t.Helper()
		all, _, err := l.library.Refresh(l.ctx, sources, false)
		if err != nil || len(all) != 1 {
			t.Fatalf("%d sources: %v", len(all), err)
		}
		return all[0]
	}
	if r := refresh(source); r.Err != nil || r.Unchanged || r.Feed.Records != 1 {
		t.Errorf("the first time: %+v", r)
	}
	failing = true
	if r := refresh(); r.Err == nil || r.Feed.Name != "kev" || r.Feed.Kind != "kev" {
		t.Errorf("a failing source: %+v", r)
	}
	f, err := l.store.Intelligence.Feed(l.ctx, "kev", "kev")
	if err != nil || f.Failure == "" || f.Records != 1 {
		t.Errorf("the feed after a failure: %+v, %v", f, err)
	}
	failing = false
	if r := refresh(); r.Err != nil || !r.Unchanged {
		t.Errorf("an unchanged source: %+v", r)
	}
	if f, err = l.store.Intelligence.Feed(l.ctx, "kev", "kev"); err != nil || f.Failure != "" {
		t.Errorf("the feed after a success: %+v, %v", f, err)
	}
	if _, err := os.Stat(filepath.Join(l.folder, f.Path)); err != nil {
		t.Error(err)
	}
	l.wantRecords(map[string]int64{"kev": 1})
}
