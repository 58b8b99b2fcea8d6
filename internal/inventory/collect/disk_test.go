package collect

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// TestOnlyDiskOpens checks that this package, and those below it, read files in one way only: no
// file but disk/disk.go uses package os, or the root, for more than names, and of package net only what
// lists interfaces.
func TestOnlyDiskOpens(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	below, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	checked := 0
	for _, name := range append(files, below...) {
		name = filepath.ToSlash(name)
		if strings.HasSuffix(name, "_test.go") || name == "disk/disk.go" || strings.HasPrefix(name, "collecttest/") {
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
	if checked < 40 {
		t.Errorf("%d files", checked)
	}
}

// reaches lists where a file uses the disk without package disk.
func reaches(syntax *ast.File) (problems []string) {
	for _, spec := range syntax.Imports {
		switch strings.Trim(spec.Path.Value, `"`) {
		case "io/ioutil", "database/sql", "golang.org/x/sys/unix":
			problems = append(problems, "imports "+spec.Path.Value)
		}
	}
	allowed := map[string][]string{
		"os":       {"Hostname", "Root"},
		"syscall":  {"Stat_t", "O_NONBLOCK", "O_NOCTTY"},
		"net":      {"Interfaces", "Interface", "Flags", "FlagUp", "FlagLoopback", "HardwareAddr"},
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
import ("os"; "net"; "database/sql")
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

// TestFolderOfTooManyFiles lists a folder beyond the limit.
func TestFolderOfTooManyFiles(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"etc/os-release": debianRelease,
		"etc/passwd": "root:x:0:0::/root:/bin/sh\n", "etc/sysctl.d/a": ""})
	for i := range 10_000 {
		if err := os.Link(filepath.Join(root, "etc/sysctl.d/a"),
			filepath.Join(root, fmt.Sprintf("etc/sysctl.d/%d", i))); err != nil {
			t.Skip(err)
		}
	}
	report, warnings, err := Collect(t.Context(), Config{Root: root, Name: "h", Time: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	if len(warnings) != 1 || warnings[0].What != "facts sysctl" ||
		!strings.Contains(warnings[0].String(), "more than 10000 files") || report.Facts["accounts"] == nil {
		t.Errorf("warnings %v, facts %v", warnings, report.Facts)
	}
}

// TestFilesMadeToCostMemory fills configuration files and databases so that their results would be
// many times as large. Each costs only its own section, memory is bounded, and a server accepts
// the report.
func TestFilesMadeToCostMemory(t *testing.T) {
	repeat := func(line string, bytes int) string { return strings.Repeat(line, bytes/len(line)) }
	var keys strings.Builder
	for i := 0; keys.Len() < disk.MaxSetting-20; i++ {
		fmt.Fprintf(&keys, "%x\n", i)
	}
	long := strings.Repeat("%", (4<<10)-20)
	var status strings.Builder
	for i := range 3000 {
		fmt.Fprintf(&status, "Package: %d%s\nVersion: %s\nArchitecture: %s\nSource: %s\n\n", i, long, long, long, long)
	}
	root := collecttest.LayMachine(t, map[string]string{
		"etc/os-release":      debianRelease,
		"var/lib/dpkg/status": status.String(),
		"etc/pam.d/sshd":      repeat("auth a b\n", disk.MaxSetting-20),
		"etc/ssh/sshd_config": repeat("Port 1\n", disk.MaxSetting-20),
		"etc/login.defs":      keys.String(),
		"etc/ufw/ufw.conf": repeat("x"+strings.Repeat("\x01", 1000)+"\n", 100_000) + "y" +
			strings.Repeat("\x01", 4000) + "\n",
		"etc/sysctl.conf":    repeat("*=\n", disk.MaxSetting-20),
		"etc/passwd":         repeat("root::0:\n", disk.MaxSetting-20),
		"etc/selinux/config": "SELINUX=enforcing\n",
		"etc/modprobe.d/a":   "",
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
	want := []string{"var/lib/dpkg/status", "facts login.defs", "facts sshd", "facts sysctl",
		"facts accounts", "facts lockout", "facts pam"}
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
