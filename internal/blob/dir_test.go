package blob_test

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/blob/blobtest"
)

func TestDir(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blobtest.Place { return &folder{TB: t, path: memory(t)} })
}

// A folder that processes share passes the same suite.
func TestSharedDir(t *testing.T) {
	blobtest.Run(t, func(t testing.TB) blobtest.Place { return &folder{TB: t, path: memory(t), shared: true} })
}

// memory is an empty folder, in memory if the system supports that: thousands of files are synced
// there.
func memory(t testing.TB) string {
	t.Helper()
	path, err := os.MkdirTemp("/dev/shm", "muster-blob-*")
	if err != nil {
		return t.TempDir()
	}
	t.Cleanup(func() { os.RemoveAll(path) })
	return path
}

// folder is the Place of a Dir.
type folder struct {
	testing.TB
	path   string
	shared bool
	laid   int

	mu      sync.Mutex
	left    int
	failure error
	crash   bool
}

// Open opens a Dir.
func (f *folder) Open() (blob.Store, error) {
	f.Break(1<<30, nil, false)
	open := blob.OpenDir
	if f.shared {
		open = blob.OpenShared
		f.wait()
	}
	dir, err := open(f.path)
	if err != nil {
		return nil, err
	}
	dir.Step = func(op, key string) error {
		f.mu.Lock()
		defer f.mu.Unlock()
		if f.left--; f.left == -1 || f.left < -1 && f.crash {
			return fmt.Errorf("%s %q: %w", op, key, f.failure)
		}
		return nil
	}
	return dir, nil
}

// wait makes everything that is being written two days old.
func (f *folder) wait() {
	f.Helper()
	left, err := filepath.Glob(filepath.Join(f.path, ".*"))
	if err != nil {
		f.Fatal(err)
	}
	for _, name := range left {
		long := time.Now().Add(-48 * time.Hour)
		if err := os.Chtimes(name, long, long); err != nil {
			f.Fatal(err)
		}
	}
}

// Break makes a change fail.
func (f *folder) Break(after int, err error, crash bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.left, f.failure, f.crash = after, err, crash
}

// Lay changes a file without the Dir, with another modification time.
func (f *folder) Lay(key string, data []byte) {
	f.Helper()
	path := filepath.Join(f.path, filepath.FromSlash(key))
	if err := os.RemoveAll(path); err != nil { // a copy may be a link to the same file
		f.Fatal(err)
	}
	if data == nil {
		return
	}
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		f.Fatal(err)
	}
	if err := os.WriteFile(path, data, 0o600); err != nil {
		f.Fatal(err)
	}
	f.laid++
	at := time.Now().Add(time.Duration(f.laid) * time.Second)
	if err := os.Chtimes(path, at, at); err != nil {
		f.Fatal(err)
	}
}

// Left counts files whose names are not keys.
func (f *folder) Left() (n int) {
	f.Helper()
	err := fs.WalkDir(os.DirFS(f.path), ".", func(name string, e fs.DirEntry, err error) error {
		if err == nil && !e.IsDir() && blob.CheckKey(name) != nil {
			n++
		}
		return err
	})
	if err != nil {
		f.Fatal(err)
	}
	return n
}
