package testneed

import (
	"fmt"
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

// Program builds a Go program that is not part of this module, such as
// example.com/tool/cmd/x@v1.2.3, and returns its path. If the program cannot be built, for instance
// without a network, it skips the test, or fails it where NoSkip is set.
func Program(t testing.TB, versioned string) string {
	t.Helper()
	folder := t.TempDir()
	install := exec.Command(Command(t, "go"), "install", versioned)
	install.Dir = folder // outside of any module, so that our go.mod does not choose its versions
	install.Env = append(os.Environ(), "GOBIN="+folder, "GOFLAGS=", "CGO_ENABLED=0")
	if out, err := install.CombinedOutput(); err != nil {
		Missing(t, versioned, fmt.Errorf("%w\n%s", err, out))
		return ""
	}
	name, _, _ := strings.Cut(path.Base(versioned), "@")
	if runtime.GOOS == "windows" {
		name += ".exe"
	}
	return filepath.Join(folder, name)
}
