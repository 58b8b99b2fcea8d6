package testneed

import (
	"os/exec"
	"testing"
)

// Browser returns the path of Chromium, or of what is built of it. If there is none, it skips the test, or fails it
// where NoSkip is set.
func Browser(t testing.TB) string {
	t.Helper()
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome"} {
		if path, err := exec.LookPath(name); err == nil {
			return path
		}
	}
	return Command(t, "chromium")
}
