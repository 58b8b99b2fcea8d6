package main

import (
	"bytes"
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
)

// TestCollectRPM collects a Fedora machine, whose rpm database is an SQLite
// file: the program itself has to bring the driver. go-rpmdb's tests carry one.
func TestCollectRPM(t *testing.T) {
	out, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/knqyf263/go-rpmdb").Output()
	recorded := filepath.Join(strings.TrimSpace(string(out)), "pkg", "testdata", "fedora35", "rpmdb.sqlite")
	data, readErr := os.ReadFile(recorded)
	if err != nil || readErr != nil {
		t.Skip("go-rpmdb's recorded databases are not here")
	}
	root := t.TempDir()
	folder := filepath.Join(root, "var", "lib", "rpm")
	if err := os.MkdirAll(folder, 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(folder, "rpmdb.sqlite"), data, 0o600); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"collect", "--root", root, "--name", "fedora.example.com", "--os", "fedora:35"}
	if status := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); status != 0 {
		t.Fatalf("exit status %d: %s", status, &stderr)
	}
	var report inventory.Report
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if len(report.Software) != 137 {
		t.Errorf("%d packages, want 137; %s", len(report.Software), &stderr)
	}
}
