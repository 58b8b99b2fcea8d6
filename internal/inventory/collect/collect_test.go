package collect

import (
	"context"
	"errors"
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
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/testneed"
)

const debianRelease = "ID=debian\nVERSION_ID=\"12\"\n"

// dpkgStatus is the database of dpkg.
const dpkgStatus = "var/lib/dpkg/status"

// collect collects a prepared machine and must give no warning.
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

// sharedInventory is a file of the shared inventories; without them the test is skipped.
func sharedInventory(t *testing.T, folder, name string) string {
	t.Helper()
	if filepath.Ext(name) == ".gz" {
		return string(testneed.Unpacked(t, "inventory", folder, name))
	}
	data, err := os.ReadFile(testneed.Shared(t, "inventory", folder, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestDebian12(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"etc/os-release":      sharedInventory(t, "debian12", "os-release"),
		"var/lib/dpkg/status": sharedInventory(t, "debian12", "dpkg-status.gz"),
	})
	now := time.Date(2026, 11, 23, 10, 0, 0, 0, time.UTC)
	report := collect(t, Config{Root: root, Name: "box.example.com", Version: "v1.2.0", Now: now})

	want := inventory.Device{
		ID: inventory.DeriveID("", "box.example.com"), Name: "box.example.com",
		OSPlatform: "Linux", OSVersion: "debian_linux_12", OSArchitecture: "x64",
	}
	if diff := cmp.Diff(want, report.Device); diff != "" {
		t.Errorf("device (-want +got):\n%s", diff)
	}
	if report.Collector != (inventory.Collector{Name: "muster", Version: "v1.2.0"}) {
		t.Errorf("collector %v", report.Collector)
	}
	if report.Time != now || report.Source != "collect" || report.Facts != nil {
		t.Errorf("time %v, source %q, facts %v", report.Time, report.Source, report.Facts)
	}
	sources := map[string]bool{}
	for _, s := range report.Software {
		sources[s.SourcePackage] = true
	}
	if len(report.Software) != 741 || len(sources) != 393 { // from the data's README
		t.Errorf("%d packages of %d sources, want 741 of 393", len(report.Software), len(sources))
	}
	wantSoftware(t, report, inventory.Software{
		Kind: "deb", Vendor: "debian", Name: "libssl3", Version: "3.0.22-1~deb12u2",
		PURL:          "pkg:deb/debian/libssl3@3.0.22-1~deb12u2?arch=amd64&distro=debian-12",
		SourcePackage: "openssl", SourceVersion: "3.0.22-1~deb12u2",
	})
}

func TestUbuntu1804WithoutOSRelease(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
		"var/lib/dpkg/status": sharedInventory(t, "ubuntu1804", "dpkg-status.gz"),
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

// wantSoftware checks the entry with that name.
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

// TestThisMachine collects the machine that runs the test, in whatever state: it must have
// settings, and software or a warning that says why there is none.
func TestThisMachine(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("not Linux")
	}
	report, warnings, err := Collect(context.Background(), Config{Name: "this.example.com"})
	if err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"filemode", "accounts"} {
		if report.Facts[name] == nil {
			t.Errorf("family %q was not read", name)
		}
	}
	if _, err := os.Stat("/" + dpkgStatus); err != nil {
		return
	}
	said := slices.ContainsFunc(warnings,
		func(w Warning) bool { return strings.Contains(w.String(), "no software is reported") })
	if (report.Software == nil) != said {
		t.Errorf("%d entries of software; warnings %v", len(report.Software), warnings)
	}
}

// dpkgStates has a package in each state known to dpkg.
const dpkgStates = `
Package: state-installed
Status: hold ok installed
Version: 1
Architecture: amd64
Maintainer: x
Description: x

Package: state-unpacked
Status: install ok unpacked
Version: 1:2-3
Architecture: all
Maintainer: x
Description: x

Package: state-half-configured
Status: install ok half-configured
Version: 1
Architecture: amd64
Maintainer: x
Description: x

Package: state-half-installed
Status: install reinstreq half-installed
Version: 1
Architecture: amd64
Maintainer: x
Description: x

Package: state-triggers-pending
Status: install ok triggers-pending
Version: 1
Architecture: amd64
Maintainer: x
Triggers-Pending: /a
Description: x

Package: state-triggers-awaited
Status: install ok triggers-awaited
Version: 1
Architecture: amd64
Maintainer: x
Triggers-Awaited: state-triggers-pending
Description: x

Package: state-config-files
Status: deinstall ok config-files
Version: 1
Architecture: amd64
Maintainer: x
Description: x

Package: state-not-installed
Status: unknown ok not-installed
Architecture: amd64
`

// TestDpkgAgreesWithDpkg compares with dpkg itself, on this machine's current database and with
// packages in every state.
func TestDpkgAgreesWithDpkg(t *testing.T) {
	query := testneed.Command(t, "dpkg-query")
	here, err := os.ReadFile("/" + dpkgStatus)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		t.Fatal(err)
	}
	root := collecttest.LayMachine(t, map[string]string{"etc/os-release": debianRelease,
		dpkgStatus: string(here) + dpkgStates})
	out, err := exec.Command(query, "--admindir="+filepath.Join(root, filepath.Dir(dpkgStatus)),
		"-W", "-f", "${Package} ${Version}\t${db:Status-Status}\n").Output()
	if err != nil {
		t.Fatal(err)
	}
	var want []string
	states := map[string]bool{}
	for line := range strings.Lines(string(out)) {
		entry, state, _ := strings.Cut(strings.TrimSpace(line), "\t")
		states[state] = true
		switch state {
		case "config-files", "half-installed", "not-installed":
		default:
			want = append(want, entry)
		}
	}
	var got []string
	for _, s := range collect(t, Config{Root: root, Name: "h"}).Software {
		got = append(got, s.Name+" "+s.Version)
	}
	slices.Sort(want)
	slices.Sort(got)
	if diff := cmp.Diff(want, got); diff != "" || len(states) < 7 {
		t.Errorf("states %v; packages (-dpkg +collected):\n%s", states, diff)
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
			_, _, err := Collect(test.ctx, Config{Root: collecttest.LayMachine(t, test.files), OS: test.os, Name: test.host})
			if !errors.Is(err, test.want) {
				t.Errorf("error is %v, want %v", err, test.want)
			}
		})
	}
	if _, _, err := Collect(context.Background(),
		Config{Root: filepath.Join(t.TempDir(), "none")}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("missing root: %v", err)
	}
}

// TestDamagedDatabaseReportsNoSoftware: an incomplete list is not reported, and a warning says
// why, as the package comment promises.
func TestDamagedDatabaseReportsNoSoftware(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{
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
	if len(warnings) != 1 || warnings[0].What != "lib/apk/db/installed" ||
		!strings.Contains(warnings[0].String(), "line 4") {
		t.Errorf("warnings are %v", warnings)
	}
}

func TestEmptyDatabaseClears(t *testing.T) {
	root := collecttest.LayMachine(t, map[string]string{"etc/os-release": debianRelease, "var/lib/dpkg/status": ""})
	if report := collect(t, Config{Root: root, Name: "h"}); report.Software == nil {
		t.Error("software is absent, want it present and empty")
	}
}
