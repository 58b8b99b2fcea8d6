package library_test

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/bundle"
	"github.com/muster-project/muster/internal/intel/confirm"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/intelligence"
)

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// at sets the clock.
func (l *lab) at(now time.Time) *lab {
	l.Helper()
	l.config.Clock = func() time.Time { return now }
	l.reopen()
	return l
}

// bundleKey is the key of the tests.
func bundleKey() bundle.Key {
	key, err := bundle.NewKey(rand.NewChaCha8([32]byte{1}))
	if err != nil {
		panic(err)
	}
	return key
}

// kevMany is a feed of so many CVEs.
func kevMany(name string, n int) library.Import {
	var all []string
	for i := range n {
		all = append(all, fmt.Sprintf(`{"cveID":"CVE-2024-%04d"}`, i))
	}
	return library.Import{Kind: intel.KEV, Name: name,
		Files: oneFile("kev.json", `{"vulnerabilities":[`+strings.Join(all, ",")+`]}`)}
}

// bundle makes a bundle of all feeds.
func (l *lab) bundle() []byte {
	l.Helper()
	m, open, err := library.Bundle(l.ctx, l.library)
	if err != nil {
		l.Fatal(err)
	}
	var out bytes.Buffer
	key := bundleKey()
	if err := bundle.Write(&out, m, &key, open); err != nil {
		l.Fatal(err)
	}
	return out.Bytes()
}

// trusting trusts the key of the tests.
func (l *lab) trusting() *lab {
	l.Helper()
	public := bundleKey().Public()
	if _, err := intelligence.AddBundleKey(l.ctx, l.store.Intelligence,
		intelligence.BundleKey{ID: public.ID(), Public: public.String(), Added: noon}); err != nil {
		l.Fatal(err)
	}
	return l
}

// bring imports a bundle, and waits for the catalog.
func (l *lab) bring(text []byte, allowOld bool) (library.ImportedBundle, error) {
	in := library.BundleImport{Bundle: bytes.NewReader(text), AllowOld: allowOld, AllowShrink: true, Replace: true}
	done, err := library.ImportBundle(l.ctx, l.library, in)
	if err == nil {
		_, err = l.library.Wait(l.ctx, done.Build)
	}
	return done, err
}

// tables returns the ids of the tables of all feeds, and how current these are.
func (l *lab) tables() map[string]string {
	l.Helper()
	known, err := l.store.Intelligence.Feeds(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	all := map[string]string{}
	for i := range known {
		f := &known[i]
		dated := library.Dated(f)
		all[f.Kind+" "+f.Name] = fmt.Sprint(f.Table.ID, f.Records, f.Skipped, f.SHA256, dated.AsOf(noon.AddDate(0, 1, 0)).UTC())
	}
	return all
}

// What a bundle brings equals what the site had: the same tables, the same catalog, and the same ages, whatever was
// there before. So findings are the same.
func TestBundleBringsWhatTheSiteHad(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		site, gap := newLab(t), newLab(t).at(noon.AddDate(0, 0, 9)).trusting()
		feeds := rapid.SliceOfNDistinct(rapid.SampledFrom([]string{"one", "two", "three"}), 1, 3, rapid.ID[string])
		take := func(l *lab, label string, days int) {
			for _, name := range feeds.Draw(t, label) {
				cves := rapid.SliceOfNDistinct(rapid.IntRange(1, 40), 1, 5, rapid.ID[int]).Draw(t, "cves")
				var known []inteltest.Weakness
				for _, n := range cves {
					known = append(known, inteltest.Weakness{CVE: fmt.Sprintf("CVE-2024-%04d", n), Vendor: "google", Product: "chrome",
						Before: fmt.Sprint(n), Score: 9.8})
				}
				files := fstest.MapFS{"nvd.json": {Data: []byte(inteltest.NVD(known))}}
				if rapid.Bool().Draw(t, "second file") {
					files["a.json"] = &fstest.MapFile{Data: []byte(inteltest.NVD(known[:1]))}
				}
				l.at(noon.AddDate(0, 0, days))
				if _, err := l.take(library.Import{Kind: intel.NVD, Name: name, Files: library.FilesOf(files), AllowShrink: true,
					Replace: true}); err != nil {
					t.Fatal(err)
				}
			}
		}
		take(site, "feeds of the site", 3)
		if rapid.Bool().Draw(t, "feeds here") {
			take(gap, "feeds here", 0)
			gap.at(noon.AddDate(0, 0, 9))
		}
		before := gap.tables()
		done, err := gap.bring(site.bundle(), false)
		if err != nil {
			t.Fatal(err)
		}
		want := site.tables()
		for name, is := range before { // feeds that are not in it stay
			if _, ok := want[name]; !ok {
				want[name] = is
			}
		}
		if diff := cmp.Diff(want, gap.tables()); diff != "" {
			t.Errorf("the bundle %+v brings (-the site, +here)\n%s", done.Manifest, diff)
		}
		there, _ := site.current()
		if here, _ := gap.current(); len(want) == len(site.tables()) && here != there {
			t.Errorf("the catalog is %s, at the site %s", here, there)
		}
		gap.wantNothingUnknown()
		again, err := gap.bring(site.bundle(), false)
		for _, f := range again.Feeds {
			if !f.Unchanged {
				t.Errorf("feed %q changes by the same bundle", f.Feed.Name)
			}
		}
		if diff := cmp.Diff(want, gap.tables()); diff != "" || err != nil {
			t.Errorf("the same bundle again: %v (-before, +after)\n%s", err, diff)
		}
		gap.wantNothingUnknown()
	})
}

// After a crash at any step of an import all feeds are the bundle's, or none is.
func TestBringingMayDieAtAnyStep(t *testing.T) {
	site := newLab(t).at(noon.AddDate(0, 0, 1))
	for _, f := range []library.Import{kevOf("one", "CVE-2024-0002"), kevOf("two", "CVE-2024-0003"), kevOf("same", "CVE-2024-0004")} {
		if _, err := site.take(f); err != nil {
			t.Fatal(err)
		}
	}
	text := site.bundle()
	steps := 40
	for last := 0; last < steps; last++ {
		l := newLab(t).trusting()
		for _, f := range []library.Import{kevOf("one", "CVE-2024-0001"), kevOf("same", "CVE-2024-0004")} {
			if _, err := l.take(f); err != nil {
				t.Fatal(err)
			}
		}
		l.at(noon.AddDate(0, 0, 2))
		old := l.tables()
		died := l.dieAt(last, func() {
			if _, err := l.bring(text, true); err != nil && !l.died.Load() {
				t.Error(err)
			}
		})
		l.current() // the build has ended
		is := l.tables()
		if isNew := cmp.Equal(is, site.tables()); !isNew && (!died || !cmp.Equal(is, old)) {
			t.Errorf("step %d (died: %t): feeds are neither the old nor the new\n%s", last, died, cmp.Diff(old, is))
		}
		l.wantNothingUnknown()
		if !died {
			if last < 10 {
				t.Errorf("it has %d steps", last)
			}
			return
		}
	}
	t.Errorf("it has more than %d steps", steps)
}

// A bundle that is old is refused, and changes nothing, unless old ones are allowed.
func TestOldBundlesAreRefused(t *testing.T) {
	site := newLab(t)
	if _, err := site.take(kevOf("one", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	text := site.bundle()
	for name, c := range map[string]struct {
		days int
		held string
		want error
	}{
		"made today":              {0, "", nil},
		"made 30 days ago":        {30, "", nil},
		"made 31 days ago":        {31, "", library.ErrBundleOld},
		"of the future":           {-2, "", bundle.ErrInvalid},
		"a newer one is held":     {2, "CVE-2024-0002", library.ErrBundleOld},
		"the same is held, newer": {2, "CVE-2024-0001", nil},
	} {
		t.Run(name, func(t *testing.T) {
			l := newLab(t).at(noon.AddDate(0, 0, c.days)).trusting()
			if c.held != "" {
				if _, err := l.take(kevOf("one", c.held)); err != nil {
					t.Fatal(err)
				}
			}
			before := l.tables()
			if _, err := l.bring(text, false); !errors.Is(err, c.want) {
				t.Fatalf("%v, want %v", err, c.want)
			}
			if after := l.tables(); (c.want != nil || c.held == "CVE-2024-0001") && !cmp.Equal(before, after) {
				t.Errorf("it changed (-before, +after)\n%s", cmp.Diff(before, after))
			}
			if _, err := l.bring(text, true); errors.Is(err, library.ErrBundleOld) {
				t.Errorf("though old ones are allowed: %v", err)
			}
			l.wantNothingUnknown()
		})
	}
}

// A fault of one feed of a bundle keeps all others out.
func TestOneBadFeedKeepsABundleOut(t *testing.T) {
	site := newLab(t)
	for _, f := range []library.Import{kevOf("one", "CVE-2024-0001"), kevMany("two", 2)} {
		if _, err := site.take(f); err != nil {
			t.Fatal(err)
		}
	}
	l := newLab(t).trusting()
	if _, err := l.take(kevMany("two", 5)); err != nil {
		t.Fatal(err)
	}
	before := l.tables()
	in := library.BundleImport{Bundle: bytes.NewReader(site.bundle()), AllowOld: true}
	if _, err := library.ImportBundle(l.ctx, l.library, in); !errors.Is(err, library.ErrShrunk) {
		t.Errorf("%v, want ErrShrunk", err)
	}
	if after := l.tables(); !cmp.Equal(before, after) {
		t.Errorf("it changed (-before, +after)\n%s", cmp.Diff(before, after))
	}
	l.wantNothingUnknown()
	none := newLab(t)
	if _, err := none.bring(site.bundle(), false); !errors.Is(err, bundle.ErrUnknown) {
		t.Errorf("no key is trusted: %v", err)
	}
}

// Feeds of a bundle are as old as they were where it was made, whether they were fetched or imported there.
func TestBundledFeedsKeepTheirAge(t *testing.T) {
	site := newLab(t)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, `{"catalogVersion":"1","count":1,"vulnerabilities":[{"cveID":"CVE-2024-0001","dateAdded":"2020-01-01"}]}`)
	}))
	defer server.Close()
	source := library.Source{Kind: intel.KEV, Name: "kev", URL: server.URL}
	refresh := func(days int) {
		t.Helper()
		site.at(noon.AddDate(0, 0, days))
		if _, _, err := site.library.Refresh(t.Context(), []library.Source{source}, false); err != nil {
			t.Fatal(err)
		}
	}
	refresh(0)
	server.Config.Handler = http.NotFoundHandler()
	refresh(30)
	refresh(35)
	gap := newLab(t).at(noon.AddDate(0, 0, 40)).trusting()
	if _, err := gap.bring(site.at(noon.AddDate(0, 0, 40)).bundle(), false); err != nil {
		t.Fatal(err)
	}
	for where, l := range map[string]*lab{"at the site": site, "here": gap} {
		f, err := l.store.Intelligence.Feed(t.Context(), "kev", "kev")
		if err != nil {
			t.Fatal(err)
		}
		dated := library.Dated(&f)
		if is := dated.AsOf(noon.AddDate(0, 0, 40)).UTC(); !is.Equal(noon) {
			t.Errorf("%s the feed is as of %v", where, is)
		}
		if old := coverage.Old([]coverage.Dated{dated}, noon.AddDate(0, 0, 40), coverage.DefaultLimits()); len(old) != 1 {
			t.Errorf("%s it is not old", where)
		}
		if want := map[string]int64{"at the site": 2}[where]; f.Failures != want {
			t.Errorf("%s it failed %d times, want %d", where, f.Failures, want)
		}
		c, err := l.library.Current(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		described, err := l.library.Describe(t.Context(), c)
		if err != nil || !described[0].AsOf(noon.AddDate(0, 0, 40)).Equal(noon) {
			t.Errorf("%s coverage has it as of %v: %v", where, described[0].AsOf(noon), err)
		}
	}
	if _, err := gap.take(kevOf("kev", "CVE-2024-0007")); err != nil {
		t.Fatal(err)
	}
	f, err := gap.store.Intelligence.Feed(t.Context(), "kev", "kev")
	if _, carried := library.OriginOf(&f); carried || err != nil {
		t.Errorf("imported by hand it is still of the bundle: %v", err)
	}
}

// Titles that people confirmed here stay, those of a bundle come where nobody confirmed any.
func TestConfirmedTitlesStay(t *testing.T) {
	confirmed := func(l *lab, name string) {
		t.Helper()
		if _, err := library.ChangeTitles(l.ctx, l.library, func(text string) (string, error) {
			return confirm.Add(text, confirm.Title{Vendor: "acme", Name: name, Product: "acme:rocket", By: "admin", At: noon})
		}); err != nil {
			t.Fatal(err)
		}
	}
	shown := func(l *lab) string {
		t.Helper()
		text, err := library.ConfirmedTitles(l.ctx, l.library)
		if err != nil {
			t.Fatal(err)
		}
		return text
	}
	site := newLab(t)
	confirmed(site, "rocket one")
	own, none := newLab(t).trusting(), newLab(t).trusting()
	confirmed(own, "rocket two")
	for range 2 {
		for _, l := range []*lab{own, none} {
			if _, err := l.bring(site.bundle(), false); err != nil {
				t.Fatal(err)
			}
		}
		if text := shown(own); !strings.Contains(text, "rocket two") || strings.Contains(text, "rocket one") {
			t.Errorf("of a bundle, beside own: %s", text)
		}
		if text := shown(none); text != shown(site) {
			t.Errorf("of a bundle: %s", text)
		}
		site.at(noon.Add(time.Hour))
		own.at(noon.Add(time.Hour))
		none.at(noon.Add(time.Hour))
		confirmed(site, "rocket three")
	}
}

// A bundle with a set of titles that contradicts one that stays here, or another one of the bundle, is refused.
func TestBundledSetsOfTitlesAgree(t *testing.T) {
	site, gap := newLab(t), newLab(t).trusting()
	for l, all := range map[*lab][]library.Import{site: {kevOf("kev", "CVE-2024-0001"), set("one", "Anvil=anvil")},
		gap: {set("two", "Anvil=hammer")}} {
		for _, in := range all {
			if _, err := l.take(in); err != nil {
				t.Fatal(err)
			}
		}
	}
	before := gap.tables()
	_, err := gap.bring(site.bundle(), false)
	if want := `feed "one" of kind "titles" beside "two"`; !errors.Is(err, alias.ErrFormat) || !strings.Contains(err.Error(), want) {
		t.Errorf("beside one that stays: %v, want %s", err, want)
	}
	if after := gap.tables(); !cmp.Equal(before, after) {
		t.Errorf("it changed (-before, +after)\n%s", cmp.Diff(before, after))
	}
	if _, err := site.take(set("two", "Magnet=anvil", "Rocket=rocket")); err != nil {
		t.Fatal(err)
	}
	done, err := gap.bring(site.bundle(), false)
	if err != nil {
		t.Fatalf("the bundle replaces the set that contradicts: %v", err)
	}
	if b, err := gap.library.Wait(t.Context(), done.Build); err != nil || b.State != intelligence.BuildBuilt {
		t.Errorf("build %+v, %v", b, err)
	}
	gap.wantNothingUnknown()
}
