package main

import (
	"errors"
	"log/slog"
	"net"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/muster-project/muster/internal/plain"
)

func TestLock(t *testing.T) {
	path := filepath.Join(t.TempDir(), lockFile)
	held, err := takeLock(path, "serve")
	if err != nil {
		t.Fatal(err)
	}
	if err := held.announce("http://127.0.0.1:1"); err != nil {
		t.Fatal(err)
	}
	_, err = takeLock(path, "publish")
	if !errors.Is(err, errLocked) || plain.Hint(err) == "" {
		t.Fatalf("second holder: %v", err)
	}
	if want := "ask that server: --server http://127.0.0.1:1"; plain.Hint(err) != want {
		t.Errorf("hint %q, want %q", plain.Hint(err), want)
	}
	if err := held.release(); err != nil {
		t.Fatal(err)
	}
	next, err := takeLock(path, "publish")
	if err != nil {
		t.Fatalf("after release: %v", err)
	}
	file, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if diff := cmp.Diff(holder{PID: os.Getpid(), Command: "publish"}, readHolder(file)); diff != "" {
		t.Errorf("holder (-want +got):\n%s", diff)
	}
	if err := next.release(); err != nil {
		t.Fatal(err)
	}
}

func TestKeyIsMadeOnce(t *testing.T) {
	path := filepath.Join(t.TempDir(), "data")
	first := openTest(t, path)
	if first.key == [32]byte{} {
		t.Fatal("there is no key")
	}
	if err := first.close(); err != nil {
		t.Fatal(err)
	}
	again := openTest(t, path)
	defer again.close()
	if again.key != first.key {
		t.Errorf("reading: %x; want %x", again.key, first.key)
	}
	info, err := os.Stat(again.in(keyFile))
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); runtime.GOOS != "windows" && mode != 0o600 {
		t.Errorf("mode %o", mode)
	}
	if _, err := os.Stat(again.in(keyFile) + ".new"); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a temporary file is left: %v", err)
	}
}

// openTest opens a data folder, which is made.
func openTest(t testing.TB, path string) *folder {
	t.Helper()
	f, err := openFolder(t.Context(), folderConfig{path: path, command: "test", make: true, log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// A port that is taken makes the demonstration take the next one.
func TestListenNear(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	near, err := listenNear(t.Context(), taken.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	defer near.Close()
	if first, second := taken.Addr().(*net.TCPAddr).Port, near.Addr().(*net.TCPAddr).Port; second <= first || second > first+100 {
		t.Errorf("listens on port %d, beside %d", second, first)
	}
}
