package library_test

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

func sorted(names []string) []string {
	slices.Sort(names)
	return names
}

// kevOf is a feed of one known exploited CVE.
func kevOf(name, cve string) library.Import {
	return library.Import{Kind: intel.KEV, Name: name,
		Files: oneFile("kev.json", `{"vulnerabilities":[{"cveID":"`+cve+`"}]}`)}
}

// After a crash at any step of a removal the feed is either there, with its files and in the catalog,
// or gone from all of them. Both a feed beside others and the last one may be removed.
func TestRemovingMayDieAtAnyStep(t *testing.T) {
	for _, others := range []int{1, 0} {
		for last := 0; ; last++ {
			l := newLab(t)
			for n := range others {
				if _, err := l.take(kevOf(fmt.Sprint("other", n), "CVE-2024-0002")); err != nil {
					t.Fatal(err)
				}
			}
			without, _ := l.current()
			if others == 0 { // a catalog of no feeds is no longer the one before any
				none, err := catalog.Merge(catalog.Config{}, nil)
				if err != nil {
					t.Fatal(err)
				}
				without = none.ID()
			}
			if _, err := l.take(kevOf("one", "CVE-2024-0001")); err != nil {
				t.Fatal(err)
			}
			with, _ := l.current()
			died := l.dieAt(last, func() {
				build, err := l.library.Remove(l.ctx, intel.KEV, "one")
				if err == nil {
					_, err = l.library.Wait(l.ctx, build)
				}
				if err != nil && !l.died.Load() {
					t.Error(err)
				}
			})
			after, _ := l.current()
			_, err := l.store.Intelligence.Feed(l.ctx, "kev", "one")
			gone := errors.Is(err, database.ErrNotFound)
			removed, listed := l.store.Intelligence.RemovedFeeds(l.ctx)
			if !gone && (err != nil || after != with) || gone && after != without || listed != nil ||
				(len(removed) == 1) != gone ||
				!died && !gone {
				t.Errorf("step %d: gone: %t, %v; the catalog is %s of %s and %s; removed: %v, %v", last, gone,
					err, after, with, without,
					removed, listed)
			}
			l.wantNothingUnknown()
			if !died {
				if last < 5 {
					t.Errorf("it has %d steps", last)
				}
				break
			}
		}
	}
}

// A removed feed is not fetched again by itself, even if it was the only one, and an unknown one
// cannot be removed.
func TestRemovedFeedStaysRemoved(t *testing.T) {
	l := newLab(t)
	if _, err := l.library.Remove(l.ctx, intel.KEV, "kev"); !errors.Is(err, database.ErrNotFound) {
		t.Errorf("an unknown feed: %v", err)
	}
	for _, s := range library.DefaultSources() {
		taken := []intelligence.Taken{{Feed: intelligence.Feed{Kind: string(s.Kind), Name: s.Name}, Rejected: "[]"}}
		if _, err := l.store.Intelligence.TakeFeeds(l.ctx, taken, time.Now()); err != nil {
			t.Fatal(err)
		}
		if _, err := l.store.Intelligence.RemoveFeed(l.ctx, string(s.Kind), s.Name, time.Now()); err != nil {
			t.Fatal(err)
		}
	}
	if all, _, err := l.library.Refresh(l.ctx, nil, false); err != nil || len(all) != 0 {
		t.Errorf("fetched %+v, %v", all, err)
	}
	if _, err := l.take(kevOf("kev", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	removed, err := l.store.Intelligence.RemovedFeeds(l.ctx)
	if err != nil || len(removed) != len(library.DefaultSources())-1 {
		t.Errorf("removed and not back: %v, %v", removed, err)
	}
}

// What was left out of a feed is kept with it, counted exactly and listed up to a bound, until it is
// replaced; so it is for a feed that an older program took.
func TestRejectedRecordsAreKept(t *testing.T) {
	l := newLab(t)
	files := fstest.MapFS{"good.json": {Data: []byte(advisoriesOf("Go", 1))}}
	for n := range 1200 {
		files[fmt.Sprintf("bad-%04d.json", n)] = &fstest.MapFile{Data: []byte(`{"id":`)}
	}
	files["bad-0000.json"].Data = []byte(`{"id":"` + strings.Repeat("i", 2000) + `\x00"}`)
	check := func(when string) {
		t.Helper()
		if _, err := l.library.Current(l.ctx); err != nil {
			t.Fatal(err)
		}
		f, err := l.store.Intelligence.Feed(l.ctx, "osv", "Go")
		rejected, listed := l.library.Rejected(l.ctx, "osv", "Go")
		if err != nil || listed != nil || f.Skipped != 1200 || len(rejected) != 1000 ||
			rejected[1].Record != "bad-0001.json" ||
			rejected[1].Reason != "unexpected end of JSON input" {
			t.Errorf("%s: %d left out, %d listed, %v, %v", when, f.Skipped, len(rejected), err, listed)
		}
		if !strings.Contains(f.Contents, `"name":"Go","records":1`) {
			t.Errorf("%s it holds %s", when, f.Contents)
		}
	}
	if _, err := l.take(library.Import{Kind: intel.OSV, Files: library.FilesOf(files)}); err != nil {
		t.Fatal(err)
	}
	check("when it is imported")
	f, err := l.store.Intelligence.Feed(l.ctx, "osv", "Go")
	if err != nil {
		t.Fatal(err)
	}
	f.Contents, f.Skipped = "", 0
	if err := l.store.Intelligence.PutCompiled(l.ctx, f, "[]"); err != nil {
		t.Fatal(err)
	}
	l.reopen()
	check("after an upgrade")
	if _, err := l.take(library.Import{Kind: intel.OSV, Files: oneFile("a.json", advisoriesOf("Go", 1))}); err != nil {
		t.Fatal(err)
	}
	if rejected, err := l.library.Rejected(l.ctx, "osv", "Go"); err != nil || len(rejected) != 0 {
		t.Errorf("of a sound feed was left out: %v, %v", rejected, err)
	}
}

// A feed that an older program took, and whose raw files cannot be read any more, goes on with its
// table: one that is lost must not keep others out of the catalog.
func TestOlderFeedWithoutRawFiles(t *testing.T) {
	l := newLab(t)
	if _, err := l.take(kevOf("old", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	f, err := l.store.Intelligence.Feed(l.ctx, "kev", "old")
	if err != nil {
		t.Fatal(err)
	}
	f.Contents = ""
	if err := errors.Join(l.store.Intelligence.PutFeed(l.ctx, f),
		os.WriteFile(filepath.Join(l.folder, f.Path, "kev.json"), []byte(`{"vulnerabilities":[`), 0o600)); err != nil {
		t.Fatal(err)
	}
	l.reopen()
	if _, err := l.take(kevOf("new", "CVE-2024-0002")); err != nil {
		t.Fatal(err)
	}
	c, err := l.library.Current(l.ctx)
	if err != nil || c.Summary().CVEs != 2 {
		t.Errorf("the catalog has %d CVEs, %v; want both", c.Summary().CVEs, err)
	}
}

// A feed may be removed while a build that is to contain it compiles it: that build ends, and the
// next is without it.
func TestRemovedWhileItIsCompiled(t *testing.T) {
	l := newLab(t)
	if _, err := l.take(kevOf("one", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	f, err := l.store.Intelligence.Feed(l.ctx, "kev", "one")
	if err != nil {
		t.Fatal(err)
	}
	f.Table = intelligence.Table{}
	if err := l.store.Intelligence.PutFeed(l.ctx, f); err != nil {
		t.Fatal(err)
	}
	var removed int64
	l.config.Tell = func(text string) {
		if strings.HasPrefix(text, "compiling feed") && removed == 0 {
			if removed, err = l.library.Remove(l.ctx, intel.KEV, "one"); err != nil {
				t.Error(err)
			}
		}
	}
	l.reopen()
	if b, err := l.take(kevOf("two", "CVE-2024-0002")); err != nil || b.State != intelligence.BuildBuilt {
		t.Errorf("the build that compiled it: %+v, %v", b, err)
	}
	if b, err := l.library.Wait(l.ctx, removed); err != nil || b.State != intelligence.BuildBuilt {
		t.Errorf("the build without it: %+v, %v", b, err)
	}
	c, err := l.library.Current(l.ctx)
	if err != nil || c.Summary().CVEs != 1 {
		t.Errorf("the catalog has %d CVEs, %v; want that of the other", c.Summary().CVEs, err)
	}
	l.wantNothingUnknown()
}
