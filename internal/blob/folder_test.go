package blob_test

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
)

// Opening removes the unfinished files of this and earlier programs, and nothing else: not folders
// that were set aside, and not files of others.
func TestOpenDirSweeps(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	for _, name := range []string{".put-x", ".repair-0b6c3f1e", ".probe", ".repair-0b6c3f1e-folder/below", ".other",
		"a/.put-x", "a/b", "odd\nname"} {
		f.Lay(name, []byte("x"))
	}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	var left []string
	for name, err := range dir.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		left = append(left, name)
	}
	if want := []string{".other", "a/.put-x", "a/b", "odd\nname"}; !slices.Equal(left, want) {
		t.Errorf("listed are %q, want %q", left, want)
	}
	if names, err := dir.Children(t.Context(), ""); err != nil ||
		!slices.Equal(names, []string{".other", "a", "odd\nname"}) {
		t.Errorf("at the top are %q (%v)", names, err)
	}
	entries, err := os.ReadDir(f.path)
	if err != nil || len(entries) != 4 {
		t.Errorf("%v is left (%v)", entries, err)
	}
}

// In a shared folder only our top-level names are ours.
func TestOpenDirOfSomeNames(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	for _, name := range []string{"key", "files/x", "feed/kev/1/x", "feeds/x"} {
		f.Lay(name, []byte("x"))
	}
	dir, err := blob.OpenDir(f.path, "feed", "catalog")
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for _, key := range []string{"key", "files/x", "feeds/x", "x", "feed"} {
		want := blob.Ref{Path: key, Bytes: 1, SHA256: blob.DigestOf([]byte("x"))}
		if err := blob.Check(t.Context(), dir, want, false); err == nil {
			t.Errorf("%q was opened", key)
		}
		if key == "feed" {
			continue
		}
		if _, err := blobtest.Put(t.Context(), dir, key+".new", nil); !errors.Is(err, blob.ErrKey) {
			t.Errorf("putting %q: %v, want ErrKey", key, err)
		}
		if err := dir.Remove(t.Context(), key); !errors.Is(err, blob.ErrKey) {
			t.Errorf("removing %q: %v, want ErrKey", key, err)
		}
		if err := dir.Replace(t.Context(), want, strings.NewReader("x")); !errors.Is(err, blob.ErrKey) {
			t.Errorf("replacing %q: %v, want ErrKey", key, err)
		}
	}
	if _, err := blobtest.Put(t.Context(), dir, "catalog/1", nil); err != nil {
		t.Fatal(err)
	}
	var listed []string
	for name, err := range dir.List(t.Context(), "") {
		if err != nil {
			t.Fatal(err)
		}
		listed = append(listed, name)
	}
	if slices.Sort(listed); !slices.Equal(listed, []string{"catalog/1", "feed/kev/1/x"}) {
		t.Errorf("listed are %q", listed)
	}
	if names, err := dir.Children(t.Context(), ""); err != nil || !slices.Equal(names, []string{"catalog", "feed"}) {
		t.Errorf("at the top are %q (%v)", names, err)
	}
	if _, err := dir.Children(t.Context(), "files/"); !errors.Is(err, blob.ErrKey) {
		t.Errorf("error %v, want ErrKey", err)
	}
}

// Removing also removes empty folders, and does not disturb new files in them.
func TestRemoveTidies(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for range 2 {
		for _, key := range []string{"a/b/c/x", "a/y"} {
			if _, err := blobtest.Put(t.Context(), dir, key, nil); err != nil {
				t.Fatal(err)
			}
		}
		for _, key := range []string{"a/b/c/x", "a/y"} {
			if err := dir.Remove(t.Context(), key); err != nil {
				t.Fatal(err)
			}
		}
		if entries, err := os.ReadDir(f.path); err != nil || len(entries) > 0 {
			t.Errorf("%v is left, %v", entries, err)
		}
	}
}

// A folder that was removed from outside is made again.
func TestAFolderThatWentComesBack(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	for range 2 {
		if _, err := blobtest.Put(t.Context(), dir, "a/b/x", []byte("x")); err != nil {
			t.Fatal(err)
		}
		f.Lay("a", nil)
	}
	f.Lay("../"+filepath.Base(f.path), nil)
	if err := dir.Usable(t.Context()); err == nil {
		t.Error("a folder that is gone is usable")
	}
}

// A file that this process made or checked is only read through again if it was touched or
// doubted, or on request.
func TestSoundFilesAreNotReadAgain(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	made, err := blobtest.Put(t.Context(), dir, "a/x", []byte("sound"))
	if err != nil {
		t.Fatal(err)
	}
	path := filepath.Join(f.path, "a", "x")
	rot := func(text string) { // changes bytes like a failing disk, and keeps the time
		t.Helper()
		info, err := os.Stat(path)
		if err == nil {
			err = os.WriteFile(path, []byte(text), 0o600)
		}
		if err == nil {
			err = os.Chtimes(path, info.ModTime(), info.ModTime())
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	check := func(what string, again, damaged bool) {
		t.Helper()
		if err := blob.Check(t.Context(), dir, made, again); errors.Is(err, blob.ErrDamaged) != damaged ||
			(err != nil) != damaged {
			t.Errorf("%s: %v", what, err)
		}
	}
	rot("rotte")
	check("made by this process", false, false)
	check("checked again", true, true)
	check("it was found damaged", false, true)
	rot("sound")
	check("checked", false, false)
	rot("rotte")
	check("it was checked", false, false)
	dir.Doubt("a/x")
	check("it is in doubt", false, true)
}

// Shared is false: a folder belongs to one process.
func (f *folder) Shared() bool { return false }
