//go:build unix

package pipeline_test

import (
	"os/signal"
	"testing"

	"golang.org/x/sys/unix"
)

// limitFiles makes every write fail that would make a file larger, as a full
// disk does, and returns how to undo it.
func limitFiles(t *testing.T, bytes uint64) func() {
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
			t.Fatal(err)
		}
	}
}
