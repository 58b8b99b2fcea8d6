//go:build unix

package collect

import (
	"errors"
	"path/filepath"
	"syscall"
	"testing"
)

// TestPipeDoesNotBlock lays a pipe nobody writes to where a file should be.
func TestPipeDoesNotBlock(t *testing.T) {
	root := layMachine(t, map[string]string{"etc/passwd": ""})
	if err := syscall.Mkfifo(filepath.Join(root, "etc/machine-id"), 0o600); err != nil {
		t.Fatal(err)
	}
	tree, err := openTree(root)
	if err != nil {
		t.Fatal(err)
	}
	defer tree.close()
	if _, err := tree.read("etc/machine-id"); !errors.Is(err, errNotFile) {
		t.Errorf("error is %v", err)
	}
}
