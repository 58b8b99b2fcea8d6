//go:build unix

package blob_test

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
	"github.com/muster-project/muster/internal/testneed"
)

// Anything else in the place of a file is damage; it is not opened and does not block. Replace
// brings the file back.
func TestOtherKindsInThePlaceOfAFileAreDamage(t *testing.T) {
	for kind, lay := range map[string]func(path string) error{
		"pipe":                func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder":              func(path string) error { return os.Mkdir(path, 0o700) },
		"full folder":         func(path string) error { return os.MkdirAll(filepath.Join(path, "below"), 0o700) },
		"link to a file":      func(path string) error { return os.Symlink("other", path) },
		"link to nothing":     func(path string) error { return os.Symlink("nothing", path) },
		"link to the outside": func(path string) error { return os.Symlink("/etc/hostname", path) },
		"link to a pipe": func(path string) error {
			return errors.Join(syscall.Mkfifo(filepath.Join(filepath.Dir(path), "pipe"), 0o600), os.Symlink("pipe", path))
		},
	} {
		t.Run(kind, func(t *testing.T) {
			f := &folder{TB: t, path: t.TempDir()}
			dir, err := blob.OpenDir(f.path)
			if err != nil {
				t.Fatal(err)
			}
			defer dir.Close()
			text := []byte("sound")
			f.Lay("a/other", text)
			if err := lay(filepath.Join(f.path, "a", "x")); err != nil {
				t.Fatal(err)
			}
			want := blob.Ref{Path: "a/x", Bytes: int64(len(text)), SHA256: blob.DigestOf(text)}
			soon(t, func() {
				for what, err := range map[string]error{"checking": blob.Check(t.Context(), dir, want, false),
					"opening": opened(dir, "a/x")} {
					if !errors.Is(err, blob.ErrDamaged) || !strings.Contains(err.Error(), "a/x") {
						t.Errorf("%s: %v, want ErrDamaged and the name", what, err)
					}
				}
				if _, err := blob.ReadAll(t.Context(), dir, want, nil, 0); !errors.Is(err, blob.ErrDamaged) {
					t.Errorf("reading: %v, want ErrDamaged", err)
				}
				if _, err := blobtest.Put(t.Context(), dir, "a/x", text); !errors.Is(err, os.ErrExist) {
					t.Errorf("putting: %v, want ErrExist", err)
				}
				if err := dir.Replace(t.Context(), want, strings.NewReader("sound")); err != nil {
					t.Errorf("replacing: %v", err)
				}
				if err := blob.Check(t.Context(), dir, want, true); err != nil {
					t.Errorf("replaced: %v", err)
				}
			})
		})
	}
}

func opened(s blob.Store, key string) error {
	b, err := s.Open(context.Background(), key)
	if err == nil {
		b.Close()
	}
	return err
}

// soon runs something that must not block.
func soon(t *testing.T, f func()) {
	t.Helper()
	ended := make(chan struct{})
	go func() { defer close(ended); f() }()
	select {
	case <-ended:
	case <-time.After(time.Minute):
		t.Fatal("somebody waits")
	}
}

// If a file is in the place of a folder of a key, nothing is there and nothing can be put.
func TestAFileInThePlaceOfAFolder(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	f.Lay("a", []byte("a file"))
	if err := opened(dir, "a/x"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("opening: %v, want ErrNotExist", err)
	}
	if err := blob.Check(t.Context(), dir, blob.Ref{Path: "a/x"}, false); !errors.Is(err, blob.ErrDamaged) {
		t.Errorf("checking: %v, want ErrDamaged", err)
	}
	if _, err := blobtest.Put(t.Context(), dir, "a/x", nil); err == nil || !strings.Contains(err.Error(), "a/x") {
		t.Errorf("putting: %v, want an error that names it", err)
	}
	if names, err := dir.Children(t.Context(), "a/"); err != nil || len(names) > 0 {
		t.Errorf("below it are %q, %v", names, err)
	}
	if err := dir.Remove(t.Context(), "a/x"); err != nil {
		t.Error(err)
	}
	if n := f.Left(); n != 0 {
		t.Errorf("%d files are left", n)
	}
}

// A real limit of the system gives ErrFull, unlike other errors, and leaves nothing.
func TestFullDisk(t *testing.T) { testneed.Alone(t, testFullDisk) }

func testFullDisk(t *testing.T) {
	f := &folder{TB: t, path: t.TempDir()}
	dir, err := blob.OpenDir(f.path)
	if err != nil {
		t.Fatal(err)
	}
	defer dir.Close()
	data := make([]byte, 1<<20)
	restore := testneed.LimitFiles(t, 600<<10)
	_, err = blobtest.Put(t.Context(), dir, "a/x", data)
	restore()
	if !errors.Is(err, blob.ErrFull) || !strings.Contains(err.Error(), "a/x") {
		t.Errorf("error %v, want ErrFull and the name", err)
	}
	if left, err := os.ReadDir(f.path); err != nil || len(left) > 0 {
		t.Errorf("%v is left, %v", left, err)
	}
	if _, err := blobtest.Put(t.Context(), dir, "a/x", data); err != nil {
		t.Error(err)
	}
}
