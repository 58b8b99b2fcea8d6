package library_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/library"
)

// yearly is a source with one file per year, some of which change.
type yearly struct {
	*httptest.Server
	versions map[string]int // by file
	sent     map[string]bool
}

func newYearly(t *testing.T) *yearly {
	y := &yearly{versions: map[string]int{}}
	y.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		name := path.Base(r.URL.Path)
		if strings.HasSuffix(name, ".meta") { // this source names no hashes
			http.NotFound(w, r)
			return
		}
		tag := fmt.Sprintf(`"%d"`, y.versions[name])
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		y.sent[name] = true
		w.Write(y.content(name))
	}))
	t.Cleanup(y.Close)
	return y
}

// content is the current content of a file: one CVE for each of its versions.
func (y *yearly) content(name string) []byte {
	year := strings.TrimSuffix(strings.TrimPrefix(name, "nvdcve-2.0-"), ".json.gz")
	var known []inteltest.Weakness
	for i := range y.versions[name] + 1 {
		known = append(known, inteltest.Weakness{CVE: fmt.Sprintf("CVE-%s-%04d", year, i+1), Vendor: "google",
			Product: "chrome", Before: "100", Score: 9.8})
	}
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	fmt.Fprint(z, inteltest.NVD(known))
	z.Close()
	return packed.Bytes()
}

// From a feed of many files only the changed ones are fetched, wherever the files are stored.
// Damaged files are not copied: then everything is fetched anew.
func TestRefreshKeepsWhatDidNotChange(t *testing.T) {
	folder := t.TempDir()
	dir, err := blob.OpenDir(folder, library.Folders()...)
	if err != nil {
		t.Fatal(err)
	}
	service := blobtest.NewService()
	bucket, err := service.Open()
	if err != nil {
		t.Fatal(err)
	}
	for where, c := range map[string]struct {
		lab *lab
		lay func(key string, data []byte)
	}{
		"folder": {labOn(t, folder, dir), func(key string, data []byte) {
			name := filepath.Join(folder, filepath.FromSlash(key))
			if err := os.Remove(name); err != nil {
				t.Fatal(err)
			}
			if data != nil {
				if err := os.WriteFile(name, data, 0o600); err != nil {
					t.Fatal(err)
				}
			}
		}},
		"object storage": {labOn(t, t.TempDir(), bucket), service.Lay},
	} {
		t.Run(where, func(t *testing.T) { refreshKeeps(t, c.lab, c.lay) })
	}
}

func refreshKeeps(t *testing.T, l *lab, lay func(string, []byte)) {
	y := newYearly(t)
	l.tester = t
	refresh := func(changed bool) []string {
		t.Helper()
		y.sent = map[string]bool{}
		all, build, err := l.library.Refresh(l.ctx, []library.Source{{Kind: intel.NVD, Name: "nvd", URL: y.URL}}, false)
		if err != nil || len(all) != 1 || all[0].Err != nil || all[0].Unchanged == changed {
			t.Fatalf("%+v, %v; want it changed: %t", all, err, changed)
		}
		if changed {
			if b, err := l.library.Wait(l.ctx, build); err != nil || b.Failure != "" {
				t.Fatalf("%+v, %v", b, err)
			}
		}
		y.check(l)
		var sent []string
		for name := range y.sent {
			sent = append(sent, name)
		}
		return sent
	}
	const one, other = "nvdcve-2.0-2005.json.gz", "nvdcve-2.0-2006.json.gz"
	all := len(refresh(true))
	if all < 20 {
		t.Fatalf("%d files were fetched", all)
	}
	if sent := refresh(false); len(sent) != 0 {
		t.Errorf("nothing changed, and %q was fetched", sent)
	}
	y.versions[one]++
	if sent := refresh(true); !slices.Equal(sent, []string{one}) {
		t.Errorf("%q was fetched, want the file that changed", sent)
	}
	raw := func(name string) string {
		f, err := l.store.Intelligence.Feed(l.ctx, "nvd", "nvd")
		if err != nil {
			t.Fatal(err)
		}
		return filepath.ToSlash(f.Path) + "/" + name
	}
	lay(raw(other), y.content(one)) // damaged, which is noticed when it is copied
	y.versions[one]++
	if sent := refresh(true); len(sent) != all {
		t.Errorf("a file was damaged, and %d were fetched, want %d", len(sent), all)
	}
	lay(raw(other), nil)
	if sent := refresh(true); len(sent) != all {
		t.Errorf("a file was gone, and %d were fetched, want %d", len(sent), all)
	}
	l.reopen() // the next start can read what was written
	if c, err := l.library.Current(l.ctx); err != nil || c.Summary().CVEs != all+2 {
		t.Errorf("%+v, %v; want %d CVEs", c, err, all+2)
	}
	if _, err := os.Stat(filepath.Join(l.folder, "scratch")); err == nil {
		t.Error("what was fetched lies about")
	}
}

// check compares the feed with the source's current content, and allows no other files.
func (y *yearly) check(l *lab) {
	l.Helper()
	f, err := l.store.Intelligence.Feed(l.ctx, "nvd", "nvd")
	if err != nil {
		l.Fatal(err)
	}
	var keys []string
	for key, err := range l.files.List(l.ctx, "feed/") {
		if err != nil {
			l.Fatal(err)
		}
		keys = append(keys, key)
	}
	slices.Sort(keys)
	hash := sha256.New()
	for _, key := range keys {
		if path.Dir(key) != filepath.ToSlash(f.Path) {
			l.Errorf("%q is left, and the feed is %q", key, f.Path)
		}
		hash.Write(y.content(path.Base(key)))
	}
	if sum := hex.EncodeToString(hash.Sum(nil)); f.SHA256 != sum {
		l.Errorf("the feed has SHA-256 %s, want %s", f.SHA256, sum)
	}
	problems := 0
	err = l.library.Verify(l.ctx, library.Verifier{
		Pace: func(context.Context, int64) error { return nil }, Count: func(int, int64) {},
		Note: func(err error) { problems++; l.Error(err) }, Unknown: func(name string) { l.Errorf("%q is unknown", name) },
	})
	if err != nil || problems > 0 {
		l.Errorf("%d problems, %v", problems, err)
	}
}
