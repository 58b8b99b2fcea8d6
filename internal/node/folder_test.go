package node

import (
	"errors"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/plain"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), LockFile)
	held, err := TakeLock(path, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if err := held.announce("http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	_, err = TakeLock(path, "publish")
	if !errors.Is(err, ErrLocked) || plain.Hint(err) == "" {
		t.Fatalf("second holder: %v", err)
	}
	if want := "use that server: --server http://127.0.0.1:1"; plain.Hint(err) != want {
		t.Errorf("hint %q, want %q", plain.Hint(err), want)
	}
	if err := held.Release(); err != nil {
		t.Fatal(err)
	}
	next, err := TakeLock(path, "publish")
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if diff := cmp.Diff(Holder{PID: os.Getpid(), Command: "publish"}, ReadHolder(file)); diff != "" {
		t.Errorf("holder (-want +got):\n%s", diff)
	}
	if err := next.Release(); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first := openTest(t, path)
	if first.key == [32]byte{} {
		t.Fatal("there is no key")
	}
	if err := first.Close(); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, path)
	defer again.Close()
	if again.key != first.key {
		t.Errorf("reading: %x; want %x", again.key, first.key)
	}
	info, err := os.Stat(again.in(KeyFile))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode %o", mode)
	}
	if _, err := os.Stat(again.in(KeyFile) + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a temporary file is left: %v", err)
	}
}

// openTest makes and opens a data folder.
func openTest(t testing.TB, path string) *Node {
	t.Helper()
	f, err := Open(t.Context(), Config{Path: path, Command: "test", Make: true, Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
