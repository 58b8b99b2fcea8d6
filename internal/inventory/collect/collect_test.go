package collect

import (
	"compress/gzip"
	"context"
	"errors"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
)

const debianRelease = "ID=debian\nVERSION_ID=\"12\"\n"

// layMachine makes a folder with the given files; content "-> x" is a symbolic
// link to x.
func layMachine(t testing.TB, files map[string]string) string {
	t.Helper()
	root := t.TempDir()
	for name, content := range files {
		file := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(file), 0o755); err != nil {
			t.Fatal(err)
		}
		target, link := strings.CutPrefix(content, "-> ")
		write := func() error { return os.WriteFile(file, []byte(content), 0o644) }
		if link {
			write = func() error { return os.Symlink(target, file) }
		}
		if err := write(); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// collect collects a laid machine that must give no warning.
func collect(t testing.TB, config Config) *inventory.Report {
	t.Helper()
	report, warnings, err := Collect(context.Background(), config)
	if err != nil {
		t.Fatal(err)
	}
	for _, w := range warnings {
		t.Errorf("warning: %v", w)
	}
	return report
}

// sharedData is a file of the shared inventories, unpacked; the test is skipped
// where they are not beside the work tree.
func sharedData(t *testing.T, name string) string {
	t.Helper()
	dir, err := os.Getwd()
	if err != nil {
		t.Fatal(err)
	}
	for ; filepath.Dir(dir) != dir; dir = filepath.Dir(dir) {
		file, err := os.Open(filepath.Join(dir, "shared", "data", "inventory", name))
		if err != nil {
			continue
		}
		defer file.Close()
		var r io.Reader = file
		if filepath.Ext(name) == ".gz" {
			if r, err = gzip.NewReader(file); err != nil {
				t.Fatal(err)
			}
		}
		data, err := io.ReadAll(r)
		if err != nil {
			t.Fatal(err)
		}
		return string(data)
	}
	t.Skip("no shared data beside the work tree")
	return ""
}

func TestDebian12(t *testing.T) {
	root := layMachine(t, map[string]string{
		"etc/os-release":      sharedData(t, "debian12/os-release"),
		"var/lib/dpkg/status": sharedData(t, "debian12/dpkg-status.gz"),
	})
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	report := collect(t, Config{Root: root, Name: "box.example.com", Now: now})

	want := inventory.Device{
		ID: inventory.DeriveID("", "box.example.com"), Name: "box.example.com",
		OSPlatform: "Linux", OSVersion: "debian_linux_12", OSArchitecture: "x64",
	}
	if diff := cmp.Diff(want, report.Device); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if report.Time != now || report.Source != "collect" || report.Facts != nil {
		t.Errorf("time %v, source %q, facts %v", report.Time, report.Source, report.Facts)
	}
	sources := map[string]bool{}
	for _, s := range report.Software {
		sources[s.SourcePackage] = true
	}
	if len(report.Software) != 741 || len(sources) != 393 { // the data's README
		t.Errorf("%d packages of %d sources, want 741 of 393", len(report.Software), len(sources))
	}
	wantSoftware(t, report, inventory.Software{
		Kind: "deb", Vendor: "debian", Name: "libssl3", Version: "3.0.22-1~deb12u2",
		PURL:          "pkg:deb/debian/libssl3@3.0.22-1~deb12u2?arch=amd64&distro=debian-12",
		SourcePackage: "openssl", SourceVersion: "3.0.22-1~deb12u2",
	})
}

func TestUbuntu1804WithoutOSRelease(t *testing.T) {
	root := layMachine(t, map[string]string{
		"var/lib/dpkg/status": sharedData(t, "ubuntu1804/dpkg-status.gz"),
	})
	report := collect(t, Config{Root: root, Name: "old", OS: "Ubuntu:18.04"})
	if got := report.Device.OSVersion; got != "ubuntu_linux_18.04" {
		t.Errorf("osVersion is %q", got)
	}
	if len(report.Software) != 357 {
		t.Errorf("%d packages, want 357", len(report.Software))
	}
	wantSoftware(t, report, inventory.Software{
		Kind: "deb", Vendor: "ubuntu", Name: "libquadmath0", Version: "8.4.0-1ubuntu1~18.04",
		PURL:          "pkg:deb/ubuntu/libquadmath0@8.4.0-1ubuntu1~18.04?arch=amd64&distro=ubuntu-18.04",
		SourcePackage: "gcc-8", SourceVersion: "8.4.0-1ubuntu1~18.04",
	})
}

// wantSoftware checks the entry of that name.
func wantSoftware(t *testing.T, report *inventory.Report, want inventory.Software) {
	t.Helper()
	at := slices.IndexFunc(report.Software, func(s inventory.Software) bool { return s.Name == want.Name })
	if at < 0 {
		t.Fatalf("no software %q", want.Name)
	}
	if diff := cmp.Diff(want, report.Software[at]); diff != "" {
		t.Errorf("software (-want +got):\n%s", diff)
	}
}

// TestThisMachine compares our count with the package manager's own.
func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not Linux")
	}
	out, err := exec.Command("dpkg-query", "-W", "-f", "${db:Status-Status}\n").Output()
	if err != nil {
		t.Skip("no dpkg here")
	}
	report, _, err := Collect(context.Background(), Config{})
	if err != nil {
		t.Fatal(err)
	}
	want := len(slices.DeleteFunc(strings.Fields(string(out)), func(s string) bool { return s != "installed" }))
	got := len(slices.DeleteFunc(report.Software, func(s inventory.Software) bool { return s.Kind != "deb" }))
	if got != want {
		t.Errorf("%d deb packages, dpkg-query lists %d", got, want)
	}
	for _, name := range []string{"filemode", "accounts"} {
		if report.Facts[name] == nil {
			t.Errorf("family %q was not read", name)
		}
	}
}

func TestRefusals(t *testing.T) {
	cancelled, cancel := context.WithCancel(context.Background())
	cancel()
	named := map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""}
	for _, test := range []struct {
		name  string
		ctx   context.Context
		files map[string]string
		os    string
		host  string
		want  error
	}{
		{"nothing there", nil, nil, "debian:12", "h", ErrNothing},
		{"no name", nil, named, "", "", ErrNoName},
		{"os without version", nil, named, "debian", "h", ErrOS},
		{"os without id", nil, named, ":12", "h", ErrOS},
		{"cancelled", cancelled, named, "", "h", context.Canceled},
	} {
		t.Run(test.name, func(t *testing.T) {
			if test.ctx == nil {
				test.ctx = context.Background()
			}
			_, _, err := Collect(test.ctx, Config{Root: layMachine(t, test.files), OS: test.os, Name: test.host})
			if !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
		})
	}
	if _, _, err := Collect(context.Background(), Config{Root: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing root: %v", err)
	}
}

// TestDamagedDatabaseReportsNoSoftware holds the package comment to its word: a
// list with holes is not reported, and a warning says why.
func TestDamagedDatabaseReportsNoSoftware(t *testing.T) {
	root := layMachine(t, map[string]string{
		"etc/os-release":       debianRelease,
		"var/lib/dpkg/status":  "Package: a\nStatus: install ok installed\nVersion: 1\n",
		"lib/apk/db/installed": "P:musl\nV:1.2.5-r0\n\ngarbage\n",
	})
	report, warnings, err := Collect(context.Background(), Config{Root: root, Name: "h"})
	if err != nil {
		t.Fatal(err)
	}
	if report.Software != nil {
		t.Errorf("software is %v, want none", report.Software)
	}
	if len(warnings) != 1 || warnings[0].What != "lib/apk/db/installed" || !strings.Contains(warnings[0].String(), "line 4") {
		t.Errorf("warnings are %v", warnings)
	}
}

func TestEmptyDatabaseClears(t *testing.T) {
	root := layMachine(t, map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""})
	if report := collect(t, Config{Root: root, Name: "h"}); report.Software == nil {
		t.Error("software is absent, want it present and empty")
	}
}
