package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/ncruces/go-sqlite3/driver"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory"
)

// TestCollectRPM collects a Fedora machine, whose rpm database is an SQLite
// file. go-rpmdb's tests carry one.
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

// TestCollectHostileDisk collects a disk whose rpm database is a view without end.
// The report comes without software, and a warning says why.
func TestCollectHostileDisk(t *testing.T) {
	root := t.TempDir()
	if err := os.MkdirAll(filepath.Join(root, "var", "lib", "rpm"), 0o700); err != nil {
		t.Fatal(err)
	}
	db, err := driver.Open("file:" + filepath.ToSlash(filepath.Join(root, "var", "lib", "rpm", "rpmdb.sqlite")))
	if err != nil {
		t.Fatal(err)
	}
	_, err = db.Exec("CREATE VIEW Packages AS WITH RECURSIVE i(hnum, blob) AS (SELECT 1, zeroblob(9) UNION ALL SELECT hnum + 1, blob FROM i) SELECT * FROM i")
	if err := errors.Join(err, db.Close()); err != nil {
		t.Fatal(err)
	}
	var stdout, stderr bytes.Buffer
	args := []string{"collect", "--root", root, "--name", "h.example.com", "--os", "fedora:35", "--time-limit", "1m"}
	if status := run(t.Context(), args, strings.NewReader(""), &stdout, &stderr); status != console.StatusDone {
		t.Fatalf("exit status %d: %s", status, &stderr)
	}
	var report map[string]any
	if err := json.Unmarshal(stdout.Bytes(), &report); err != nil {
		t.Fatal(err)
	}
	if _, have := report["software"]; have || !strings.Contains(stderr.String(), `"Packages" is not a table but "view"`) {
		t.Errorf("%s%s", &stdout, &stderr)
	}
	if status := run(t.Context(), append(args, "--time-limit", "1ms"), strings.NewReader(""), &stdout,
		&stderr); status != console.StatusUsage {
		t.Errorf("exit status %d of too short a limit: %s", status, &stderr)
	}
}
