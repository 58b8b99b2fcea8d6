package assess_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/inventory"
)

// shown formats the rows of software: "google/chrome 1.0 (2)" has two weaknesses, "acme/rocket 1
// -" has no product code; paths follow.
func shown(t *testing.T, out *assess.Output) []string {
	t.Helper()
	var all []string
	for _, s := range inventoryOf(t, out) {
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s/%s %s (%d) %s", s.SoftwareVendor,
			s.SoftwareName, s.SoftwareVersion,
			s.NumberOfWeaknesses, strings.Join(slices.Concat(s.DiskPaths, s.RegistryPaths), " "))))
	}
	for _, s := range decode[defender.AssetNonCpeSoftware](t, out.Rows[defender.NoProductCode]) {
		path := ""
		if s.RegistryPath != nil {
			path = *s.RegistryPath
		}
		all = append(all, strings.TrimSpace(fmt.Sprintf("%s/%s %s - %s", s.SoftwareVendor, s.SoftwareName,
			s.SoftwareVersion, path)))
	}
	return all
}

// TestSoftware says which rows a report's entries become. Keys are unique (contract.md, section
// 1): entries that look the same are merged.
func TestSoftware(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	reported := func(cpe, version string, paths ...string) inventory.Software {
		return inventory.Software{Kind: "generic", Name: "x", CPE: "cpe:2.3:a:" + cpe + ":*:*:*:*:*:*:*:*",
			Version: version, DiskPaths: paths}
	}
	registered := func(s inventory.Software, paths ...string) inventory.Software {
		s.RegistryPaths = paths
		return s
	}
	for _, test := range []struct {
		what     string
		software []inventory.Software
		want     []string
	}{
		{"nothing", nil, nil},
		{"one", []inventory.Software{chrome("110.0", "b", "a")}, []string{"google/chrome 110.0.0.0 (5) b a"}},
		{"two versions", []inventory.Software{chrome("99.0"), chrome("119.0")},
			[]string{"google/chrome 119.0.0.0 (5)", "google/chrome 99.0.0.0 (6)"}},
		{"one twice", []inventory.Software{chrome("110.0", "b"), chrome("110.0", "a", "b")},
			[]string{"google/chrome 110.0.0.0 (5) a b"}},
		{"versions padded alike", []inventory.Software{chrome("110.0", "a"), chrome("110.0.0.0", "b")},
			[]string{"google/chrome 110.0.0.0 (5) a b"}},
		{"two names of one product", []inventory.Software{
			registered(chrome("110.0"), "HKLM"), reported("google:chrome", "110.0.0.0", "a")},
			[]string{"google/chrome 110.0.0.0 (5) a HKLM"}},
		{"no product", []inventory.Software{registered(installed("Acme", "Rocket", "1", "a"), "HKCU", "HKLM")},
			[]string{"acme/rocket 1.0.0.0 - HKCU"}},
		{"no product twice", []inventory.Software{
			registered(installed("Acme", "Rocket", "1"), "HKLM"), registered(installed("ACME", "Acme Rocket", "1.0"), "HKCU")},
			[]string{"acme/rocket 1.0.0.0 - HKCU"}},
		{"both kinds", []inventory.Software{installed("Acme", "Rocket", "1"),
			installed("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01")},
			[]string{"7-zip/7-zip 22.01.0.0 (1)", "acme/rocket 1.0.0.0 -"}},
		{"without a version", []inventory.Software{chrome("")}, []string{"google/chrome  (0)"}},
		{"known once, unknown once", []inventory.Software{installed("google", "chrome", "110", "b"), chrome("110", "a")},
			[]string{"google/chrome 110.0.0.0 (5) a b"}},
	} {
		if diff := cmp.Diff(test.want, shown(t, device(t, a, host(test.software...)))); diff != "" {
			t.Errorf("%s (-want +got):\n%s", test.what, diff)
		}
	}
}

// TestFindings says what a finding's row shows, and that software is either in the rows of
// findings or in those of clean software.
func TestFindings(t *testing.T) {
	rated := affects("CVE-2024-0008", "google", "chrome", "120", -1)
	rated.CVE.Severity = intel.SeverityCritical
	out := device(t, newAssessor(t, build(t, append(known(), rated)...)), host(chrome("110.0", `C:\a`), chrome("130.0")))
	got := vulnerabilitiesOf(t, out)
	var levels []string
	for _, v := range got {
		level := "null"
		if v.VulnerabilitySeverityLevel != nil {
			level = *v.VulnerabilitySeverityLevel
		}
		levels = append(levels, fmt.Sprintf("%s %s %.1f", *v.CVEID, level, v.CVSSScore))
	}
	if diff := cmp.Diff([]string{"CVE-2024-0002 High 7.5", "CVE-2024-0003 Medium 5.3", "CVE-2024-0004 Low 3.1",
		"CVE-2024-0005 None 0.0", "CVE-2024-0006 null 0.0", "CVE-2024-0008 Critical 0.0"}, levels); diff != "" {
		t.Fatalf("-want +got:\n%s", diff)
	}
	one := got[0]
	if want := "0123456789012345678901234567890123456789_google_chrome_110.0.0.0_CVE-2024-0002"; one.ID != want {
		t.Errorf("id %q, want %q", one.ID, want)
	}
	if one.DeviceName != "host.example.com" || one.FirstSeenTimestamp != "2026-11-23 12:00:00" ||
		one.LastSeenTimestamp != one.FirstSeenTimestamp ||
		!slices.Equal(one.DiskPaths, []string{`C:\a`}) || !one.SecurityUpdateAvailable {
		t.Errorf("%+v", one)
	}
	if want := (counts.Severities{Critical: 1, High: 1, Medium: 1, Low: 1, Unrated: 2}); out.Severities != want {
		t.Errorf("severities %v, want %v", out.Severities, want)
	}
	clean := decode[defender.AssetVulnerability](t, out.Rows[defender.CleanSoftware])
	if len(clean) != 1 || clean[0].CVEID != nil || clean[0].SoftwareVersion != "130.0.0.0" ||
		clean[0].ExploitabilityLevel != defender.NoExploit {
		t.Errorf("clean rows: %+v", clean)
	}
}

// TestWithoutCatalog says that without intelligence nothing has a product code.
func TestWithoutCatalog(t *testing.T) {
	r := host(chrome("110.0"))
	r.Device.OSVersion = "10.0.22631.1"
	out := device(t, newAssessor(t, catalog.Empty()), r)
	if diff := cmp.Diff([]string{"google/chrome 110.0.0.0 -", "microsoft/windows_11 10.0.22631.1 -"},
		shown(t, out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

// TestSystem says when an operating system is a product.
func TestSystem(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	for _, test := range []struct{ platform, version, want string }{
		{"Windows11", "10.0.22631.4751", "microsoft/windows_11 10.0.22631.4751 (0)"},
		{"WindowsServer2019", "10.0.17763.1", "microsoft/windows_server_2019 10.0.17763.1 (0)"},
		{"macOS", "15.1", "apple/macos 15.1 (0)"},
		{"macOS", "", ""},
		{"Windows11", "", ""},
		{"Linux", "debian_linux_12", ""},
		{"", "1", ""},
	} {
		r := host()
		r.Device.OSPlatform, r.Device.OSVersion = test.platform, test.version
		if got := strings.Join(shown(t, device(t, a, r)), "; "); got != test.want {
			t.Errorf("%s %s: %q, want %q", test.platform, test.version, got, test.want)
		}
	}
}

// TestLimits says that rows beyond the limit are counted, that the first in order of key stay, and
// that weaknesses and severities are counted before the cut.
func TestLimits(t *testing.T) {
	a := newAssessor(t, build(t, known()...), func(s *assess.Settings) { s.MaxRows = 2 })
	r := host(chrome("110.0"), installed("Igor Pavlov", "7-Zip 22.01 (x64)", "22.01"), installed("Acme", "a", "1"),
		installed("Acme", "b", "1"), installed("Acme", "c", "1"))
	for _, id := range []string{"c", "a", "b"} {
		r.Configurations = append(r.Configurations, inventory.Configuration{ConfigurationID: id, Applicable: true})
	}
	out := device(t, a, r)
	want := [defender.DatasetCount]int{defender.Configurations: 1, defender.Vulnerabilities: 4, defender.NoProductCode: 1}
	if out.Dropped != want {
		t.Errorf("dropped %v, want %v", out.Dropped, want)
	}
	if diff := cmp.Diff([]string{"7-zip/7-zip 22.01.0.0 (1)", "google/chrome 110.0.0.0 (5)", "acme/a 1.0.0.0 -",
		"acme/b 1.0.0.0 -"}, shown(t, out)); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
	if n := len(vulnerabilitiesOf(t, out)); n != 2 || out.Severities.High != 2 {
		t.Errorf("%d findings, severities %v", n, out.Severities)
	}
	if out = device(t, a, host()); out.Dropped != [defender.DatasetCount]int{} {
		t.Errorf("the next device has %v dropped", out.Dropped)
	}
}

// TestPathsCut says that paths cut from a report and from merged evidence are counted.
func TestPathsCut(t *testing.T) {
	a := newAssessor(t, build(t, known()...))
	many := func(prefix string) []string {
		var paths []string
		for i := range inventory.MaxPaths {
			paths = append(paths, fmt.Sprintf("%s%03d", prefix, i))
		}
		return paths
	}
	cut := chrome("110.0", many("b")...)
	cut.PathsCut = 5
	out := device(t, a, host(cut, chrome("110.0.0.0", append(many("a")[:10], "b000")...)))
	if paths := inventoryOf(t, out)[0].DiskPaths; len(paths) != inventory.MaxPaths ||
		paths[0] != "a000" || paths[99] != "b089" {
		t.Errorf("%d paths: %q", len(paths), paths)
	}
	if want := 5 + 10; out.PathsCut != want {
		t.Errorf("PathsCut = %d, want %d", out.PathsCut, want)
	}
	if out = device(t, a, host(chrome("1"))); out.PathsCut != 0 {
		t.Errorf("the next device has %d paths cut", out.PathsCut)
	}
}
