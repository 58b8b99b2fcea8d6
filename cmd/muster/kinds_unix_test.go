//go:build unix

package main

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/organization"
)

// A pipe or folder in place of a file, or a file in place of a folder, is reported as damage. No
// command waits for a writer of the pipe, and files with a copy are brought back.
func TestWrongKindsOfFilesAreDamage(t *testing.T) {
	whole := killedFolder(t)
	clean := copyFolder(t, whole)
	if status, text := command(t, "verify", "--data", clean); status != console.StatusDone {
		t.Fatalf("before all damage: %s", text)
	}
	kinds := map[string]func(path string) error{
		"pipe":   func(path string) error { return syscall.Mkfifo(path, 0o600) },
		"folder": func(path string) error { return os.Mkdir(path, 0o700) },
		"file":   func(path string) error { return os.WriteFile(path, nil, 0o600) },
	}
	const org = "files/" + organization.Default
	for _, c := range []struct{ pattern, kinds string }{
		{"version", "pipe folder"}, {"lock", "pipe folder"}, {"key", "pipe folder"},
		{"aliases.txt", "pipe folder"}, {"audit.jsonl", "pipe"},
		{"muster.db", "pipe folder"}, {"muster.db-wal", "pipe folder"}, {"muster.db-shm", "pipe folder"},
		{"muster.db-open", "pipe folder"}, {"muster.db-moving", "pipe folder"},
		{"catalog/*", "pipe folder"}, {"feed/*/*/*", "pipe"}, {"files", "pipe file"}, {"feed", "pipe file"},
		{"catalog", "pipe file"},
		{org + "/manifest/*", "pipe folder"}, {org + "/sheet/*/*/*/*", "pipe folder"},
		{org + "/NonCpeSoftwareInventory/*/*/json/*/*", "pipe folder"},
		{org + "/DeltaNonCpeSoftwareInventory/*/*/json/*/*", "pipe folder"},
	} {
		for _, kind := range strings.Fields(c.kinds) {
			t.Run(c.pattern+" is a "+kind, func(t *testing.T) {
				folder := copyFolder(t, clean)
				path := filepath.Join(folder, c.pattern)
				if found, err := filepath.Glob(path); err != nil {
					t.Fatal(err)
				} else if len(found) > 0 {
					path = found[0]
				}
				if err := os.RemoveAll(path); err != nil {
					t.Fatal(err)
				}
				if err := kinds[kind](path); err != nil {
					t.Fatal(err)
				}
				status, text := soon(t, "verify", "--data", folder)
				if status != console.StatusProblems || !strings.Contains(text, filepath.Base(path)) ||
					!strings.Contains(text, "hint: ") {
					t.Errorf("verify: status %d, want %d, the name and a hint: %s", status, console.StatusProblems, text)
				}
				if !strings.HasPrefix(c.pattern, org) {
					return
				}
				if status, text := soon(t, "repair", "--data", folder, "--from", clean); status != console.StatusDone {
					t.Errorf("repair: status %d: %s", status, text)
				}
				if status, text := soon(t, "verify", "--data", folder); status != console.StatusDone {
					t.Errorf("after the repair: status %d: %s", status, text)
				}
			})
		}
	}
}

// soon runs a command that must not block.
func soon(t testing.TB, args ...string) (status int, text string) {
	t.Helper()
	ended := make(chan struct{})
	go func() { defer close(ended); status, text = command(t, args...) }()
	select {
	case <-ended:
		return status, text
	case <-time.After(time.Minute):
		t.Fatalf("%q waits", args)
		return 0, ""
	}
}

// A file in the folder or in a backup may have any name. No name begins a line of output.
func TestNamesOfFilesBeginNoLine(t *testing.T) {
	folder, forged := usedFolder(t), "x\nmuster: error: forged"
	parts, err := filepath.Glob(filepath.Join(folder, node.FilesFolder, "*", "NonCpeSoftwareInventory",
		"*", "*", "json", "*", "*"))
	if err != nil || len(parts) == 0 {
		t.Fatal(parts, err)
	}
	backup := t.TempDir()
	if err := os.Rename(parts[0], filepath.Join(backup, forged)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, node.FilesFolder, forged), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"verify"}, {"repair", "--from", backup}, {"verify"}} {
		_, text := command(t, append(args, "--data", folder)...)
		if strings.Contains(text, "\nmuster: error: forged") || !strings.Contains(text, `x\u000amuster: error: forged`) {
			t.Errorf("%q prints %q", args, text)
		}
	}
}
