package generation_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/intel"
)

// Issue 2, part 3: "the same name replaces, others add; a feed that shrank by
// half is refused, judged by name, with the override named."
func TestImportFeeds(t *testing.T) {
	l := newLab(t)
	take := func(name string, allowShrink bool, known ...weakness) error {
		_, _, err := l.publisher.ImportFeeds(l.ctx, generation.Import{Kind: intel.NVD, Name: name,
			Files: oneFile("nvd.json", feedOf(known)), AllowShrink: allowShrink})
		return err
	}
	if err := errors.Join(take("one", false, weaknesses[:4]...), take("two", false, weaknesses[4])); err != nil {
		t.Fatal(err)
	}
	if err := take("one", false, weaknesses[0]); !errors.Is(err, generation.ErrShrunk) || !strings.Contains(err.Error(), `"one"`) {
		t.Errorf("a feed of 1 record in place of 4: %v, want ErrShrunk naming it", err)
	}
	l.wantRecords(map[string]int64{"one": 4, "two": 1})
	if err := take("one", true, weaknesses[0]); err != nil {
		t.Error(err)
	}
	l.wantRecords(map[string]int64{"one": 1, "two": 1})
	for _, name := range []string{"", "../one", ".one", strings.Repeat("n", 101)} {
		if err := take(name, false, weaknesses[0]); !errors.Is(err, generation.ErrFeedName) {
			t.Errorf("feed name %q: %v, want ErrFeedName", name, err)
		}
	}
	if _, _, err := l.publisher.ImportFeeds(l.ctx, generation.Import{Kind: intel.NVD, Name: "two",
		Files: oneFile("nvd.json", feedOf(weaknesses)[:500])}); err == nil {
		t.Error("a truncated feed was taken")
	}
	l.wantRecords(map[string]int64{"one": 1, "two": 1})
}

// wantRecords compares the list of feeds, and looks for raw files that no feed
// names.
func (l *lab) wantRecords(want map[string]int64) {
	l.Helper()
	known, err := l.store.Feeds(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	if len(known) != len(want) {
		l.Errorf("%d feeds, want %d", len(known), len(want))
	}
	for _, f := range known {
		if f.Records != want[f.Name] {
			l.Errorf("feed %q has %d records, want %d", f.Name, f.Records, want[f.Name])
		}
	}
	folders, err := filepath.Glob(filepath.Join(l.folder, "feed", "*", "*"))
	if err != nil || len(folders) != len(want) {
		l.Errorf("%d folders of raw files (%v), want %d", len(folders), err, len(want))
	}
}

// A source that fails leaves its feed as it was and says so, until it answers.
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
	source := generation.Source{Kind: intel.KEV, Name: "kev", URL: server.URL}
	refresh := func(sources ...generation.Source) generation.Refreshed {
		t.Helper()
		all, _, err := l.publisher.RefreshFeeds(l.ctx, sources, false)
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
	f, err := l.store.Feed(l.ctx, "kev", "kev")
	if err != nil || f.Failure == "" || f.Records != 1 {
		t.Errorf("the feed after a failure: %+v, %v", f, err)
	}
	failing = false
	if r := refresh(); r.Err != nil || !r.Unchanged {
		t.Errorf("an unchanged source: %+v", r)
	}
	if f, err = l.store.Feed(l.ctx, "kev", "kev"); err != nil || f.Failure != "" {
		t.Errorf("the feed after a success: %+v, %v", f, err)
	}
	if _, err := os.Stat(filepath.Join(l.folder, f.Path)); err != nil {
		t.Error(err)
	}
	l.wantRecords(map[string]int64{"kev": 1})
}
