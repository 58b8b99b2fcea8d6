package library_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// take imports a feed and returns the result of the build.
func (l *lab) take(in library.Import) (intelligence.Build, error) {
	l.Helper()
	_, number, err := l.library.Import(l.ctx, in)
	if err != nil {
		return intelligence.Build{}, err
	}
	return l.library.Wait(l.ctx, number)
}

// current returns the id and the file of the current catalog.
func (l *lab) current() (id string, file []byte) {
	l.Helper()
	c, err := l.library.Current(l.ctx)
	if err != nil {
		l.Fatal(err)
	}
	var data bytes.Buffer
	if err := c.WriteFile(&data); err != nil {
		l.Fatal(err)
	}
	return c.ID(), data.Bytes()
}

// wantNothingUnknown checks that there are no unnamed files, and no records of missing files.
func (l *lab) wantNothingUnknown() {
	l.Helper()
	unnamed, err := l.store.Intelligence.UnnamedFiles(l.ctx)
	if err != nil || len(unnamed) > 0 {
		l.Errorf("entered and not named: %q, %v", unnamed, err)
	}
	var problems []error
	err = l.library.Verify(l.ctx, library.Verifier{
		Pace: func(context.Context, int64) error { return nil }, Count: func(int, int64) {},
		Note:    func(problem error) { problems = append(problems, problem) },
		Unknown: func(name string) { l.Errorf("nothing names %q", name) },
	})
	if err != nil || len(problems) > 0 {
		l.Errorf("verified: %v, %v", problems, err)
	}
}

// feedContent draws the content of a feed.
func feedContent(t *rapid.T) library.Import {
	in := library.Import{Kind: rapid.SampledFrom([]intel.Kind{intel.NVD, intel.KEV, intel.OSV}).Draw(t, "kind"),
		Name: rapid.SampledFrom([]string{"one", "two", "three"}).Draw(t, "name"), AllowShrink: true}
	numbers := rapid.SliceOfNDistinct(rapid.IntRange(1, 6), 1, 4, rapid.ID).Draw(t, "cves")
	files := fstest.MapFS{}
	switch in.Kind {
	case intel.NVD:
		var list []inteltest.Weakness
		for _, n := range numbers {
			list = append(list, inteltest.Weakness{CVE: fmt.Sprintf("CVE-2024-%04d", n), Vendor: "google", Product: "chrome",
				Before: fmt.Sprint(rapid.IntRange(1, 9).Draw(t, "before")),
				Score:  rapid.SampledFrom([]float64{9.8, 7.5, 5.3}).Draw(t, "score")})
		}
		files["nvd.json"] = &fstest.MapFile{Data: []byte(inteltest.NVD(list))}
	case intel.KEV:
		text := `{"vulnerabilities":[`
		for i, n := range numbers {
			if i > 0 {
				text += ","
			}
			text += fmt.Sprintf(`{"cveID":"CVE-2024-%04d","knownRansomwareCampaignUse":%q}`, n,
				rapid.SampledFrom([]string{"Known", "Unknown"}).Draw(t, "use"))
		}
		files["kev.json"] = &fstest.MapFile{Data: []byte(text + "]}")}
	default:
		for _, n := range numbers {
			files[fmt.Sprintf("DSA-%d.json", n)] = &fstest.MapFile{Data: fmt.Appendf(nil, `{"id":"DSA-%d","aliases":["CVE-2024-%04d"],"affected":[{"package":
				{"ecosystem":"Debian:12","name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.%d"}]}]}]}`,
				n, n, rapid.IntRange(1, 9).Draw(t, "fixed"))}
		}
	}
	in.Files = library.FilesOf(files)
	return in
}

// The catalog after any history of feeds, replacements and removals, with stops in between, is
// byte for byte that of a folder that got the same feeds in any order.
func TestIncrementalIsFromScratch(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		l := newLab(rt)
		kept := map[string]library.Import{}
		for range rapid.IntRange(1, 6).Draw(rt, "steps") {
			switch rapid.IntRange(0, 5).Draw(rt, "step") {
			case 0:
				l.reopen()
			case 1:
				if len(kept) > 0 {
					key := rapid.SampledFrom(slices.Sorted(maps.Keys(kept))).Draw(rt, "removed")
					if _, err := l.library.Remove(l.ctx, kept[key].Kind, kept[key].Name); err != nil {
						rt.Fatal(err)
					}
					delete(kept, key)
				}
			}
			in := feedContent(rt)
			if b, err := l.take(in); err != nil || b.State != intelligence.BuildBuilt {
				rt.Fatalf("%+v: %v", b, err)
			}
			kept[string(in.Kind)+"/"+in.Name] = in
		}
		id, file := l.current()
		fresh := newLab(rt)
		for _, key := range rapid.Permutation(slices.Sorted(maps.Keys(kept))).Draw(rt, "order") {
			if _, err := fresh.take(kept[key]); err != nil {
				rt.Fatal(err)
			}
		}
		wantID, want := fresh.current()
		if id != wantID || !bytes.Equal(file, want) {
			rt.Fatalf("catalog %s of %d bytes, from scratch %s of %d", id, len(file), wantID, len(want))
		}
	})
}

// After a crash at any step of taking a feed, new or replaced, the next start restores order:
// either the feed exists and is in the catalog, or nothing is left of it.
func TestTakingMayDieAtAnyStep(t *testing.T) {
	one := func(cve string) library.Import {
		return library.Import{Kind: intel.NVD, Name: "one", AllowShrink: true,
			Files: oneFile("nvd.json", inteltest.NVD([]inteltest.Weakness{
				{CVE: cve, Vendor: "google", Product: "chrome", Before: "9", Score: 9.8}}))}
	}
	for last := 0; ; last++ {
		l := newLab(t)
		if _, err := l.take(one("CVE-2024-0001")); err != nil {
			t.Fatal(err)
		}
		before, _ := l.current()
		first, err := l.store.Intelligence.Feed(l.ctx, "nvd", "one")
		if err != nil {
			t.Fatal(err)
		}
		died := l.dieAt(last, func() {
			if _, err := l.take(one("CVE-2024-0002")); err != nil && !l.died.Load() {
				t.Error(err)
			}
		})
		after, _ := l.current()
		f, err := l.store.Intelligence.Feed(l.ctx, "nvd", "one")
		if err != nil {
			t.Fatal(err)
		}
		if changed := after != before; changed != (f.Table.ID != first.Table.ID) || !died && !changed {
			t.Errorf("step %d: the feed has table %s, the catalog is %s", last, f.Table.ID, after)
		}
		l.wantNothingUnknown()
		if !died {
			if last < 8 {
				t.Errorf("it has %d steps", last)
			}
			return
		}
	}
}

// A recorded table without its file is made again from the raw files.
func TestLostTableIsCompiledAgain(t *testing.T) {
	l := newLab(t)
	list := []inteltest.Weakness{{CVE: "CVE-2024-0001", Vendor: "google", Product: "chrome", Before: "9", Score: 9.8}}
	if _, err := l.take(library.Import{Kind: intel.NVD, Name: "one",
		Files: oneFile("nvd.json", inteltest.NVD(list))}); err != nil {
		t.Fatal(err)
	}
	id, _ := l.current()
	f, err := l.store.Intelligence.Feed(l.ctx, "nvd", "one")
	if err != nil {
		t.Fatal(err)
	}
	for name, harm := range map[string]func(path string) error{
		"gone":    os.Remove,
		"damaged": func(path string) error { return os.Truncate(path, 100) },
	} {
		t.Run(name, func(t *testing.T) {
			if f, err = l.store.Intelligence.Feed(l.ctx, "nvd", "one"); err != nil {
				t.Fatal(err)
			}
			if err := harm(filepath.Join(l.folder, f.Table.Path)); err != nil {
				t.Fatal(err)
			}
			l.reopen()
			if again, _ := l.current(); again != id {
				t.Errorf("catalog %s, want %s", again, id)
			}
			l.wantNothingUnknown()
		})
	}
}

// A failed build is reported, the catalog before stays, and the feed is in the next build that
// succeeds.
func TestFailedBuildIsTold(t *testing.T) {
	l := newLab(t)
	kev := func(cve string) library.Import {
		return library.Import{Kind: intel.KEV, Name: "kev",
			Files: oneFile("kev.json", `{"vulnerabilities":[{"cveID":"`+cve+`"}]}`)}
	}
	if _, err := l.take(kev("CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	before, _ := l.current()
	aliases := filepath.Join(l.folder, "aliases.txt")
	if err := os.WriteFile(aliases, []byte("nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	b, err := l.take(kev("CVE-2024-0002"))
	if err != nil || b.State != intelligence.BuildFailed || b.Failure == "" || b.Ended.IsZero() {
		t.Errorf("build %+v, %v", b, err)
	}
	if id, _ := l.current(); id != before {
		t.Errorf("catalog %s, want %s", id, before)
	}
	if err := os.Remove(aliases); err != nil {
		t.Fatal(err)
	}
	if b, err = l.take(library.Import{Kind: intel.KEV, Name: "other",
		Files: oneFile("kev.json", `{"vulnerabilities":[{"cveID":"CVE-2024-0003"}]}`)}); err != nil ||
		b.State != intelligence.BuildBuilt {
		t.Errorf("build %+v, %v", b, err)
	}
	c, err := l.library.Current(l.ctx)
	if err != nil || c.Summary().CVEs != 2 {
		t.Errorf("%+v, %v, want both CVEs", c.Summary(), err)
	}
	l.wantNothingUnknown()
}

// Several feeds of one call need only one build.
func TestSeveralFeedsAreBuiltOnce(t *testing.T) {
	l := newLab(t)
	var imports []library.Import
	for _, name := range []string{"a", "b", "c"} {
		imports = append(imports, library.Import{Kind: intel.KEV, Name: name,
			Files: oneFile("kev.json", `{"vulnerabilities":[{"cveID":"CVE-2024-0001"}]}`)})
	}
	_, number, err := l.library.Import(l.ctx, imports...)
	if err == nil {
		_, err = l.library.Wait(l.ctx, number)
	}
	builds, listed := l.store.Intelligence.Builds(l.ctx)
	if err != nil || listed != nil || len(builds) != 1 || builds[0].State != intelligence.BuildBuilt {
		t.Errorf("builds %+v, %v, %v", builds, err, listed)
	}
}

// A catalog of format 1 is built anew when it is first needed; for a generation that has pinned
// it, it is gone.
func TestCatalogOfAnOlderProgram(t *testing.T) {
	l := newLab(t)
	if _, err := l.take(library.Import{Kind: intel.KEV, Name: "kev",
		Files: oneFile("kev.json", `{"vulnerabilities":[{"cveID":"CVE-2024-0001"}]}`)}); err != nil {
		t.Fatal(err)
	}
	id, _ := l.current()
	known, err := l.store.Intelligence.Catalog(l.ctx)
	if err != nil {
		t.Fatal(err)
	}
	old, err := os.ReadFile("testdata/catalog-1")
	if err != nil {
		t.Fatal(err)
	}
	// The folder as the older program left it: no table, and its own catalog.
	f, err := l.store.Intelligence.Feed(l.ctx, "kev", "kev")
	if err != nil {
		t.Fatal(err)
	}
	f.Table = intelligence.Table{}
	oldID := "00000000000000000000000000000001"
	for _, err := range []error{
		l.store.Intelligence.PutFeed(l.ctx, f), os.WriteFile(filepath.Join(l.folder, known.Path+"-old"), old, 0o600),
		l.store.Intelligence.SetCatalog(l.ctx,
			intelligence.Catalog{ID: oldID, Path: known.Path + "-old", Summary: "{}", Built: time.Now()}, nil),
		l.store.Intelligence.ForgetCatalog(l.ctx, id),
	} {
		if err != nil {
			t.Fatal(err)
		}
	}
	var told []string
	l.config.Tell = func(text string) { told = append(told, text) }
	l.reopen()
	if again, _ := l.current(); again != id {
		t.Errorf("catalog %s, want %s", again, id)
	}
	if len(told) == 0 {
		t.Error("nobody was told")
	}
	if _, err := l.library.ByID(l.ctx, oldID); !errors.Is(err, library.ErrGone) {
		t.Errorf("the old catalog: %v, want that it is gone", err)
	}
}

// age makes the table of a feed one of an earlier format, as an older program left it: with the parsers
// of then.
func (l *lab) age(kind, name string) intelligence.Feed {
	l.Helper()
	f, err := l.store.Intelligence.Feed(l.ctx, kind, name)
	if err != nil {
		l.Fatal(err)
	}
	path := filepath.Join(l.folder, f.Table.Path)
	data, err := os.ReadFile(path)
	if err != nil {
		l.Fatal(err)
	}
	data[len("muster table\n")]-- // the version, in four bytes, the lowest first
	if err := errors.Join(os.Chmod(path, 0o600), os.WriteFile(path, data, 0o600)); err != nil {
		l.Fatal(err)
	}
	return f
}

// A table of an earlier format is compiled anew from the raw files when the catalog is first needed, also
// where the format of the catalog is the same; if the raw files are lost, it is said which feed to fetch.
func TestTableOfAnOlderProgram(t *testing.T) {
	l := newLab(t)
	if _, err := l.take(kevOf("one", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	}
	id, _ := l.current()
	old := l.age("kev", "one")
	var told []string
	l.config.Tell = func(text string) { told = append(told, text) }
	l.reopen()
	if again, _ := l.current(); again != id {
		t.Errorf("catalog %s, want %s", again, id)
	}
	f, err := l.store.Intelligence.Feed(l.ctx, "kev", "one")
	if err != nil || f.Table.Path == old.Table.Path || f.Table.ID != old.Table.ID || len(told) == 0 {
		t.Errorf("table %+v after %+v, told %q, %v", f.Table, old.Table, told, err)
	}
	l.wantNothingUnknown()

	f = l.age("kev", "one")
	if err := os.WriteFile(filepath.Join(l.folder, f.Path, "kev.json"), []byte("{"), 0o600); err != nil {
		t.Fatal(err)
	}
	told = nil
	l.reopen()
	_, err = l.library.Current(l.ctx)
	if err == nil || !slices.ContainsFunc(told, func(text string) bool {
		return strings.HasPrefix(text, `feed "one" of kind "kev" has to be imported or fetched again: `)
	}) {
		t.Errorf("error %v, told %q", err, told)
	}
}
