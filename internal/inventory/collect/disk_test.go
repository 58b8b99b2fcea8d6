package collect

import (
	"context"
	"errors"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestOnlyDiskOpens holds the package to its one way to files: no other file of it
// calls package os, or the root, for more than its name.
func TestOnlyDiskOpens(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob("rpmdb/*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range append(files, below...) {
		if strings.HasSuffix(name, "_test.go") || name == "disk.go" {
			continue
		}
		syntax, err := parser.ParseFile(token.NewFileSet(), name, nil, 0)
		if err != nil {
			t.Fatal(err)
		}
		for _, problem := range reaches(syntax) {
			t.Errorf("%s: %s", name, problem)
		}
		checked++
	}
	if checked < 20 {
		t.Errorf("%d files", checked)
	}
}

// reaches lists how a file reaches the disk without package disk.
func reaches(syntax *ast.File) (problems []string) {
	for _, spec := range syntax.Imports {
		switch strings.Trim(spec.Path.Value, `"`) {
		case "io/ioutil", "database/sql", "net", "golang.org/x/sys/unix":
			problems = append(problems, "imports "+spec.Path.Value)
		}
	}
	allowed := map[string][]string{
		"os":       {"Hostname", "Root"},
		"syscall":  {"Stat_t", "O_NONBLOCK", "O_NOCTTY"},
		"filepath": {"Clean", "Join", "Base", "Dir", "FromSlash"},
		"root":     {"Close"},
	}
	ast.Inspect(syntax, func(node ast.Node) bool {
		selector, ok := node.(*ast.SelectorExpr)
		if !ok {
			return true
		}
		of := ""
		switch x := selector.X.(type) {
		case *ast.Ident:
			of = x.Name
		case *ast.SelectorExpr:
			of = x.Sel.Name
		}
		if names, watched := allowed[of]; watched && !slices.Contains(names, selector.Sel.Name) {
			problems = append(problems, of+"."+selector.Sel.Name)
		}
		return true
	})
	return problems
}

func TestReaches(t *testing.T) {
	const text = `package p
import ("os"; "database/sql")
func f() { os.ReadFile("x"); m.root.Open("x"); m.tree.root.Lstat("y"); os.Hostname(); root.Close(); filepath.Walk("z", nil) }`
	syntax, err := parser.ParseFile(token.NewFileSet(), "p.go", text, 0)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{`imports "database/sql"`, "os.ReadFile", "root.Open", "root.Lstat", "filepath.Walk"}
	if got := reaches(syntax); !slices.Equal(got, want) {
		t.Errorf("%q, want %q", got, want)
	}
}

// TestFileThatDoesNotTellItsSize reads one of the kernel's files, which says that it
// has 0 bytes and has millions.
func TestFileThatDoesNotTellItsSize(t *testing.T) {
	if info, err := os.Stat("/proc/kallsyms"); err != nil || info.Size() != 0 {
		t.Skip("the kernel has no such file here")
	}
	if _, err := treeOf(t, "/proc").read("kallsyms"); !errors.Is(err, errTooLarge) {
		t.Errorf("error is %v", err)
	}
}

// growing is a file to which is written whenever it is read.
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

// TestFileThatGrows reads a file that is always longer than what was read. It ends
// when the source's bytes are used up; and that it changed is noticed.
func TestFileThatGrows(t *testing.T) {
	root := layMachine(t, map[string]string{"x": "x"})
	tree := treeOf(t, root)
	file, err := tree.open("x", maxSetting)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	if file.changed() {
		t.Error("it has changed at once")
	}
	n, err := io.CopyBuffer(io.Discard, struct{ io.Reader }{&growing{t, file, filepath.Join(root, "x")}}, make([]byte, 1<<20))
	if !errors.Is(err, errTooLarge) || n > maxSettings {
		t.Errorf("%d bytes, %v", n, err)
	}
	if !file.changed() {
		t.Error("it has not changed")
	}
}

// TestSourceIsBounded has a source look at, list and read more than it may.
func TestSourceIsBounded(t *testing.T) {
	root := layMachine(t, map[string]string{"dir/a": "1234", "dir/b": "1234", strings.Repeat("d/", maxDepth) + "x": ""})
	for what, use := range map[string]func(*tree) error{
		"looks": func(t *tree) error {
			t.looks = 7
			t.exists("dir/a")
			_, err := t.read("dir/a")
			_, e := t.read("dir/b")
			return errors.Join(err, e)
		},
		"names": func(t *tree) error { t.names = 3; t.list("dir"); _, err := t.list("dir"); return err },
		"bytes": func(t *tree) error { t.bytes = 7; t.read("dir/a"); _, err := t.read("dir/b"); return err },
		"depth": func(t *tree) error { _, err := t.read(strings.Repeat("d/", maxDepth) + "x"); return err },
		"long":  func(t *tree) error { _, err := t.lstat(strings.Repeat("d", maxPath+1)); return err },
	} {
		err := use(treeOf(t, root))
		if !errors.Is(err, errMany) && !errors.Is(err, errTooLarge) && !errors.Is(err, errLong) {
			t.Errorf("%s: %v", what, err)
		}
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	tree := treeOf(t, root)
	tree.ctx = ctx
	file, err := tree.open("dir/a", 4)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	cancel(errOver)
	for what, err := range map[string]error{
		"read": second(io.ReadAll(file)), "readAt": second(file.ReadAt(make([]byte, 1), 0)),
		"open": second(tree.open("dir/b", 4)), "list": second(tree.list("dir")), "stat": second(tree.stat("dir")),
	} {
		if !errors.Is(err, errOver) {
			t.Errorf("%s after the end: %v", what, err)
		}
	}
}

func second[T any](_ T, err error) error { return err }

// TestFolderOfTooManyFiles lists a folder beyond the limit.
func TestFolderOfTooManyFiles(t *testing.T) {
	root := layMachine(t, map[string]string{"etc/os-release": debianRelease, "etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/sysctl.d/a": ""})
	for i := range maxEntries {
		if err := os.Link(filepath.Join(root, "etc/sysctl.d/a"), filepath.Join(root, fmt.Sprintf("etc/sysctl.d/%d", i))); err != nil {
			t.Skip(err)
		}
	}
	report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h", Time: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || warnings[0].What != "facts sysctl" || !strings.Contains(warnings[0].String(), "more than 10000 files") || report.Facts["accounts"] == nil {
		t.Errorf("warnings %v, facts %v", warnings, report.Facts)
	}
}

// TestFilesMadeToCostMemory fills configuration files and databases so that what
// would become of them is many times as large. Each costs its own section, what is
// held is bounded, and the report is one that a server takes.
func TestFilesMadeToCostMemory(t *testing.T) {
	repeat := func(line string, bytes int) string { return strings.Repeat(line, bytes/len(line)) }
	var keys strings.Builder
	for i := 0; keys.Len() < maxSetting-20; i++ {
		fmt.Fprintf(&keys, "%x\n", i)
	}
	long := strings.Repeat("%", maxValue-20)
	var status strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&status, "Package: %d%s\nVersion: %s\nArchitecture: %s\nSource: %s\n\n", i, long, long, long, long)
	}
	root := layMachine(t, map[string]string{
		"etc/os-release":      debianRelease,
		"var/lib/dpkg/status": status.String(),
		"etc/pam.d/sshd":      repeat("auth a b\n", maxSetting-20),
		"etc/ssh/sshd_config": repeat("Port 1\n", maxSetting-20),
		"etc/login.defs":      keys.String(),
		"etc/ufw/ufw.conf":    repeat("x"+strings.Repeat("\x01", 1000)+"\n", 100_000) + "y" + strings.Repeat("\x01", 4000) + "\n",
		"etc/sysctl.conf":     repeat("*=\n", maxSetting-20),
		"etc/passwd":          repeat("root::0:\n", maxSetting-20),
		"etc/selinux/config":  "SELINUX=enforcing\n",
		"etc/modprobe.d/a":    "",
	})
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h", Time: time.Minute})
	runtime.ReadMemStats(&after)
	if err != nil {
		t.Fatal(err)
	}
	var said []string
	for _, w := range warnings {
		said = append(said, w.What)
	}
	want := []string{"var/lib/dpkg/status", "facts login.defs", "facts sshd", "facts sysctl", "facts pam", "facts accounts"}
	if !slices.Equal(said, want) {
		t.Errorf("warnings %v", warnings)
	}
	if allocated := (after.TotalAlloc - before.TotalAlloc) >> 20; allocated > 500 {
		t.Errorf("%d MiB were allocated", allocated)
	}
	if report.Software != nil || report.Facts["selinux"] == nil {
		t.Errorf("software %v, facts %v", len(report.Software), report.Facts)
	}
}
