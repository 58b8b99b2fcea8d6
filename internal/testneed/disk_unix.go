//go:build unix

package testneed

import (
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// LimitFiles limits the size of files that this process writes, in bytes: larger writes fail, like
// on a full disk. restore removes the limit.
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
