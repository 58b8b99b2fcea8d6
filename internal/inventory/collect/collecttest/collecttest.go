// Package collecttest makes machines for tests of collecting.
package collecttest

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// LayMachine makes a folder with the given files; the content "-> x" makes a symbolic link to x.
func LayMachine(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		target, link := strings.CutPrefix(content, "-> ")
		write := func() error { // with any umask
			return errors.Join(os.WriteFile(file, []byte(content), 0o644), os.Chmod(file, 0o644))
		}
		if link {
			write = func() error { return os.Symlink(target, file) }
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return root
}
