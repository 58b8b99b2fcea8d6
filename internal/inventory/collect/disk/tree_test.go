package disk

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
)

// treeOf is one source's view of a prepared machine.
func treeOf(t testing.TB, dir string) *Tree {
	t.Helper()
	root, err := OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { root.Close() })
	return NewTree(t.Context(), root, MaxSettings, false)
}

// TestLinksStayInside makes a machine with links as on a real one: absolute links begin at its
// root, and none leads out of it.
func TestLinksStayInside(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret")
	if err := os.WriteFile(outside, []byte("outside"), 0o600); err != nil {
		t.Fatal(err)
	}
	root := collecttest.LayMachine(t, map[string]string{
		"usr/lib/real": "inside",
		"etc/absolute": "-> /usr/lib/real",
		"etc/relative": "-> ../usr/lib/real",
		"etc/high":     "-> ../../../../usr/lib/real",
		"lib":          "-> /usr/lib",
		"etc/through":  "-> /lib/real",
		"etc/out":      "-> " + outside,
		"etc/up":       "-> " + strings.Repeat("../", 30) + outside[1:],
		"etc/circle":   "-> circle",
		"etc/dangling": "-> /nowhere",
		"etc/here":     "-> /usr/lib",
		"bin":          "-> usr/bin",
	})
	tree := treeOf(t, root)
	for _, name := range []string{"etc/absolute", "etc/relative", "etc/high", "etc/through", "lib/real"} {
		if data, err := tree.Read(name); err != nil || string(data) != "inside" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
	for _, name := range []string{"etc/out", "etc/up", "etc/dangling"} {
		if data, err := tree.Read(name); !errors.Is(err, ErrDangling) {
			t.Errorf("%s: %q, %v; want %v", name, data, err, ErrDangling)
		}
	}
	for _, name := range []string{"lib/none", "etc/none", "bin/true", "etc/here/none"} {
		if data, err := tree.Read(name); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %q, %v; want it not to exist", name, data, err)
		}
	}
	if _, err := tree.Read("etc/circle"); err == nil || !strings.Contains(err.Error(), "symbolic links") {
		t.Errorf("circle: %v", err)
	}
}

func TestReadLimits(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"big": strings.Repeat("x", MaxSetting+1),
		"full": strings.Repeat("x", MaxSetting), "dir/x": ""})
	tree := treeOf(t, root)
	if _, err := tree.Read("full"); err != nil {
		t.Errorf("file at the limit: %v", err)
	}
	if _, err := tree.Read("big"); !errors.Is(err, ErrTooLarge) {
		t.Errorf("file over the limit: %v", err)
	}
	if _, err := tree.Read("dir"); !errors.Is(err, ErrNotFile) {
		t.Errorf("folder read as a file: %v", err)
	}
}

func TestDropIns(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/x.d/20-own.conf":     "",
		"etc/x.d/50-both.conf":    "",
		"etc/x.d/readme":          "",
		"etc/x.d/.hidden.conf":    "",
		"usr/lib/x.d/10-sys.conf": "", "usr/lib/x.d/50-both.conf": "",
	})
	tree := treeOf(t, root)
	got, err := tree.DropIns(".conf", "etc/x.d", "run/x.d", "usr/lib/x.d")
	want := []string{"usr/lib/x.d/10-sys.conf", "etc/x.d/20-own.conf", "etc/x.d/50-both.conf"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v (-want +got):\n%s", err, diff)
	}
}
