package snapshot_test

import (
	"crypto/sha256"
	"errors"
	"io/fs"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/snapshot"
)

// TestNamesStayInside says that no name leads out of the folder.
func TestNamesStayInside(t *testing.T) {
	l := newLab(t)
	if err := os.WriteFile(l.path("../outside.json"), []byte("{}"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("..", l.path("up")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"../outside.json", "/etc/hostname", l.path("../outside.json"), "a/../../outside.json",
		"up/outside.json", "..", ".", "", "/"} {
		if _, err := l.files.WriteManifest(name, &snapshot.Manifest{}); err == nil {
			t.Errorf("%q was written", name)
		}
		if file, err := l.files.Open(name); err == nil && name != "." {
			file.Close()
			t.Errorf("%q was opened", name)
		}
		if _, err := l.files.ReadManifest(name, sha256.Sum256([]byte("{}"))); err == nil {
			t.Errorf("%q was read", name)
		}
		l.files.Remove(name)
		if _, err := os.Stat(l.path("../outside.json")); err != nil {
			t.Fatalf("%q was removed: %v", name, err)
		}
	}
}

// TestFilesAreNeverOverwritten says that a name is used once.
func TestFilesAreNeverOverwritten(t *testing.T) {
	l := newLab(t)
	first, err := l.files.WriteManifest("org/manifest/1.json", &snapshot.Manifest{Number: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.files.WriteManifest(first.Path, &snapshot.Manifest{Number: 2}); !errors.Is(err, fs.ErrExist) {
		t.Errorf("error %v, want ErrExist", err)
	}
	if m, err := l.files.ReadManifest(first.Path, first.SHA256); err != nil || m.Number != 1 {
		t.Errorf("%+v, %v", m, err)
	}
}

// TestCheck says which changes of a file are noticed.
func TestCheck(t *testing.T) {
	l := newLab(t)
	file, err := l.files.WriteManifest("org/a", &snapshot.Manifest{Organization: strings.Repeat("x", 100)})
	if err != nil {
		t.Fatal(err)
	}
	check := func(what string, want snapshot.File, again, damaged bool) {
		t.Helper()
		err := l.files.Check(want, again)
		if errors.Is(err, snapshot.ErrDamaged) != damaged || (err != nil) != damaged || damaged &&
			!strings.Contains(err.Error(), want.Path) {
			t.Errorf("%s: %v", what, err)
		}
	}
	check("missing", snapshot.File{Path: "org/b"}, false, true)
	check("sound", file, false, false)
	l.damage(file.Path, 50)
	check("damaged since", file, false, true)
	check("damaged", file, true, true)
	l.damage(file.Path, 50)
	check("sound again", file, false, false)
	if _, err := l.files.ReadAll(nil, file); err != nil {
		t.Error(err)
	}
	if err := os.Truncate(l.path(file.Path), file.Bytes-1); err != nil {
		t.Fatal(err)
	}
	if _, err := l.files.ReadAll(nil, file); !errors.Is(err, snapshot.ErrDamaged) {
		t.Errorf("cut off: %v", err)
	}
	if err := l.files.Remove(file.Path); err != nil {
		t.Fatal(err)
	}
	check("removed", file, false, true)
	if _, err := l.files.ReadAll(nil, file); !errors.Is(err, snapshot.ErrDamaged) ||
		!strings.Contains(err.Error(), file.Path) {
		t.Errorf("removed: %v", err)
	}
}

// TestRemoveTidies says that removing also removes empty folders, may be repeated, and does not
// disturb new files in those folders.
func TestRemoveTidies(t *testing.T) {
	l := newLab(t)
	for range 2 {
		for _, name := range []string{"org/a/b/1", "org/a/2"} {
			if _, err := l.files.WriteManifest(name, &snapshot.Manifest{}); err != nil {
				t.Fatal(err)
			}
		}
		for _, name := range []string{"org/a/b/1", "org/a/b/1", "org/a/2"} {
			if err := l.files.Remove(name); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(l.path("org")); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("the folder is left: %v", err)
		}
	}
}

func TestNamesTellTheirAttempt(t *testing.T) {
	const id = "0b6c3f1e-53d0-4c8e-9f52-7a3f1d2b9c10"
	n := snapshot.Naming{Organization: "org", Begun: time.Unix(1e9, 0), Group: 3, Ordinal: 123456, Attempt: id}
	for _, name := range append(n.Names(), snapshot.ManifestName("org", 17, id)) {
		if got := snapshot.AttemptOf(name); got != id {
			t.Errorf("%s is of attempt %q, want %q", name, got, id)
		}
	}
	for _, name := range []string{"org/manifest/notes.json", "part-00001-" + id, "sheet-x-" + id,
		"a/" + id + ".json", ".repair"} {
		if got := snapshot.AttemptOf(name); got != "" {
			t.Errorf("%s is of attempt %q, want none", name, got)
		}
	}
}

// TestUsable says that many may probe the folder at once, and that a missing folder is noticed.
func TestUsable(t *testing.T) {
	l := newLab(t)
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() {
			for range 20 {
				if err := l.files.Usable(); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	if entries, err := os.ReadDir(l.folder); err != nil || len(entries) > 0 {
		t.Errorf("%v is left, %v", entries, err)
	}
	if err := os.RemoveAll(l.folder); err != nil {
		t.Fatal(err)
	}
	if err := l.files.Usable(); err == nil {
		t.Error("a folder that is gone is usable")
	}
}

// TestNaming says that the files of a dead attempt can be found by its name.
func TestNaming(t *testing.T) {
	l := newLab(t)
	name := snapshot.Naming{Organization: "org", Begun: noon, Group: 3, Ordinal: 12, Attempt: "x"}
	w := l.files.NewRangeWriter(name, "", "", "", l.encoder)
	h := newHost(1, "1", 1, 1, 1, 1, 1, 1)
	l.add(w, h)
	l.addDelta(w, nil, &h.rows)
	l.close(w)
	names := map[string]bool{}
	for _, n := range name.Names() {
		names[n] = true
	}
	found := 0
	err := fs.WalkDir(os.DirFS(l.folder), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			if found++; !names[path] {
				t.Errorf("%s is not among %q", path, name.Names())
			}
		}
		return err
	})
	if err != nil || found != 15 || len(names) != found {
		t.Errorf("%d files, %d names, %v", found, len(names), err)
	}
}
