// Package testneed says what a test needs from the machine it runs on. On a developer's machine a
// test that lacks something is skipped. Where MUSTER_NO_SKIP is set, as in CI, a missing program
// fails the test, so that no test is skipped unnoticed.
package testneed

import (
	"compress/gzip"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// NoSkip is the environment variable that makes tests fail instead of being skipped. Any value
// except "" sets it.
const NoSkip = "MUSTER_NO_SKIP"

// Command returns the path of a program. If it is missing, the test is skipped, or fails where
// NoSkip is set. `make test` installs what tests need.
func Command(t testing.TB, name string) string {
	t.Helper()
	path, err := exec.LookPath(name)
	if err != nil {
		Missing(t, name, err)
	}
	return path
}

// Missing skips a test that lacks something, or fails it where NoSkip is set.
func Missing(t testing.TB, what string, err error) {
	t.Helper()
	if os.Getenv(NoSkip) != "" {
		t.Fatalf("this test needs %s: %v", what, err)
	} else {
		t.Skipf("this test needs %s: %v", what, err)
	}
}

// Shared returns the path of a file or folder of the shared data: the folder shared/data beside the
// clone or above it. If it is missing, the test is skipped, also in CI, because a clone alone is
// complete.
func Shared(t testing.TB, elements ...string) string {
	t.Helper()
	name := filepath.Join(append([]string{"shared", "data"}, elements...)...)
	folder, err := os.Getwd()
	if err != nil {
		t.Fatalf("looking for %s: %v", name, err)
	}
	for {
		path := filepath.Join(folder, name)
		if _, err := os.Stat(path); err == nil {
			return path
		}
		parent := filepath.Dir(folder)
		if parent == folder {
			t.Skipf("this test needs %s beside the clone", name)
			return ""
		}
		folder = parent
	}
}

// Unpacked returns the content of a file of the shared data that gzip packed; see [Shared].
func Unpacked(t testing.TB, elements ...string) []byte {
	t.Helper()
	file, err := os.Open(Shared(t, elements...))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	plain, err := gzip.NewReader(file)
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(plain)
	if err != nil {
		t.Fatal(err)
	}
	return text
}
