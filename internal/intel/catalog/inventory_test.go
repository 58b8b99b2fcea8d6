package catalog_test

import (
	"bytes"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/testneed"
)

// debianPackages reads the installed packages of a dpkg status file.
func debianPackages(status, osVersion string) []catalog.Component {
	var list []catalog.Component
	for stanza := range strings.SplitSeq(status, "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(stanza) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok {
				fields[name] = value
			}
		}
		if fields["Status"] != "install ok installed" {
			continue
		}
		r := linux("deb", fields["Package"], fields["Version"], osVersion)
		source, version, _ := strings.Cut(fields["Source"], " (")
		r.SourcePackage, r.SourceVersion = source, strings.TrimSuffix(version, ")")
		list = append(list, r)
	}
	return list
}

// TestRealDebian asks about a Debian 12 with every update of the feed. No package may be unknown.
func TestRealDebian(t *testing.T) {
	c := corpus(t)
	packages := debianPackages(string(testneed.Unpacked(t, "inventory", "debian12", "dpkg-status.gz")), "debian_linux_12")
	if len(packages) != 741 {
		t.Fatalf("%d packages", len(packages))
	}
	for _, r := range packages {
		if v := c.Verdict(r); !v.Product || v.Vendor != "debian" || len(v.Hits) != 0 {
			t.Errorf("%s %s: %s, product %v, %+v", r.Name, r.Version, v.Vendor, v.Product, v.Hits)
		}
	}
}

// TestRealRedHat asks about Red Hat's own image of October 2025, with AlmaLinux's advisories in
// place of Red Hat's.
func TestRealRedHat(t *testing.T) {
	c := corpus(t)
	report, err := sbom.DecodeSPDX(bytes.NewReader(testneed.Unpacked(t, "inventory", "rhel9-ubi", "ubi9-9.6.spdx.json.gz")),
		sbom.Identity{DeviceName: "ubi", OSArchitecture: "x64"})
	if err != nil {
		t.Fatal(err)
	}
	_, osVersion := catalog.PlatformClass("Linux", report.Device.OSVersion)
	packages, hits := 0, 0
	for _, s := range report.Software {
		if s.Kind != "rpm" {
			continue
		}
		packages++
		r := linux(s.Kind, s.Name, s.Version, osVersion)
		r.PURL = s.PURL
		v := c.Verdict(r)
		if v.Vendor != "red_hat" || !v.Product {
			t.Errorf("%s: %s, product %v", s.Name, identity(v), v.Product)
		}
		for _, h := range v.Hits {
			hits++
			if !strings.HasPrefix(h.Fix.ID, "ALSA-2025") && !strings.HasPrefix(h.Fix.ID, "ALSA-2026") {
				t.Errorf("%s %s has no update of %s (%s)", s.Name, s.Version, h.Fix.ID, h.CVE)
			}
		}
	}
	if packages != 193 || hits == 0 {
		t.Errorf("%d packages, %d hits", packages, hits)
	}
}
