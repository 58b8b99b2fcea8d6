//go:build unix

package testneed

import (
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// LimitFiles makes every write of this process fail that would make a file larger
// than so many bytes, as a full disk does, and returns how to undo it.
func LimitFiles(t testing.TB, bytes uint64) (restore func()) {
	t.Helper()
	signal.Ignore(unix.SIGXFSZ)
	var before unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
		t.Fatal(err)
	}
	if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &unix.Rlimit{Cur: bytes, Max: before.Max}); err != nil {
		t.Fatal(err)
	}
	return func() {
		if err := unix.Setrlimit(unix.RLIMIT_FSIZE, &before); err != nil {
			t.Error(err)
		}
	}
}
