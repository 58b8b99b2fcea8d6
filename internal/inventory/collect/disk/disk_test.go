package disk

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

// errOver ends a source in tests.
var errOver = errors.New("over")

// TestFileThatDoesNotTellItsSize reads a file of the kernel that claims 0 bytes and has millions.
func TestFileThatDoesNotTellItsSize(t *testing.T) {
	if info, err := os.Stat("/proc/kallsyms"); err != nil || info.Size() != 0 {
		t.Skip("the kernel has no such file here")
	}
	if _, err := treeOf(t, "/proc").Read("kallsyms"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("error is %v", err)
	}
}

// growing is a file that grows whenever it is read.
type growing struct {
	t    *testing.T
	from io.Reader
	to   string
}

func (g *growing) Read(p []byte) (int, error) {
	file, err := os.OpenFile(g.to, os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		g.t.Fatal(err)
	}
	if _, err := file.Write(make([]byte, len(p))); err != nil {
		g.t.Fatal(err)
	}
	if err := file.Close(); err != nil {
		g.t.Fatal(err)
	}
	return g.from.Read(p)
}

// TestFileThatGrows reads a file that is always longer than what was read. Reading ends when the
// source's bytes are used up, and the change is noticed.
func TestFileThatGrows(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"x": "x"})
	tree := treeOf(t, root)
	file, err := tree.Open("x", MaxSetting)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.Changed() {
		t.Error("it has changed at once")
	}
	n, err := io.CopyBuffer(io.Discard,
		struct{ io.Reader }{&growing{t, file, filepath.Join(root, "x")}}, make([]byte, 1<<20))
	if !errors.Is(err, ErrTooLarge) || n > MaxSettings {
		t.Errorf("%d bytes, %v", n, err)
	}
	if !file.Changed() {
		t.Error("it has not changed")
	}
}

// TestSourceIsBounded makes a source access, list and read more than it may.
func TestSourceIsBounded(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"dir/a": "1234", "dir/b": "1234",
		strings.Repeat("d/", maxDepth) + "x": ""})
	for what, use := range map[string]func(*Tree) error{
		"looks": func(t *Tree) error {
			t.looks = 7
			t.Exists("dir/a")
			_, err := t.Read("dir/a")
			_, e := t.Read("dir/b")
			return errors.Join(err, e)
		},
		"names": func(t *Tree) error { t.names = 3; t.List("dir"); _, err := t.List("dir"); return err },
		"bytes": func(t *Tree) error { t.bytes = 7; t.Read("dir/a"); _, err := t.Read("dir/b"); return err },
		"depth": func(t *Tree) error { _, err := t.Read(strings.Repeat("d/", maxDepth) + "x"); return err },
		"long":  func(t *Tree) error { _, err := t.Lstat(strings.Repeat("d", maxPath+1)); return err },
	} {
		err := use(treeOf(t, root))
		if !errors.Is(err, ErrMany) && !errors.Is(err, ErrTooLarge) && !errors.Is(err, errLong) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	tree := treeOf(t, root)
	tree.ctx = ctx
	file, err := tree.Open("dir/a", 4)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cancel(errOver)
	for what, err := range map[string]error{
		"read": second(io.ReadAll(file)), "readAt": second(file.ReadAt(make([]byte, 1), 0)),
		"open": second(tree.Open("dir/b", 4)), "list": second(tree.List("dir")), "stat": second(tree.Stat("dir")),
	} {
		if !errors.Is(err, errOver) {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }
