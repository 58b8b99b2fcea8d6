package fleet_test

import (
	"bytes"
	"math"
	"testing"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/sample/sampletest"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/row"
)

// wellKnown are titles of the tables that the sample must resolve, with findings for the oldest
// version in the fleet.
var wellKnown = []string{
	"Google Chrome", "Mozilla Firefox (x64 en-US)", "Mozilla Firefox ESR (x64 en-US)", "Mozilla Thunderbird (x64 en-US)",
	"Microsoft Edge", "7-Zip 22.01 (x64)", "WinRAR 6.11 (64-bit)", "VLC media player", "Adobe Acrobat (64-bit)",
	"Adobe Acrobat Reader DC", "Foxit PDF Reader", "Zoom Workplace (64-bit)", "GIMP 2.10.34",
	"Java 8 Update 371 (64-bit)", "Git", "Python 3.10.6 (64-bit)", "Node.js", "Docker Desktop",
	"Microsoft Visual Studio Code (User)",
	"PuTTY release 0.78 (64-bit)", "WinSCP 6.1.2", "FileZilla 3.66.4", "Wireshark 4.0.8 x64",
	"Oracle VM VirtualBox 7.0.8",
	"OpenSSL 3.1.2 (64-bit)", "Microsoft .NET Runtime - 6.0.21 (x64)", "MySQL Server 8.0", "PostgreSQL 15",
	"Firefox", "Safari", "zoom.us", "Adobe Acrobat Reader", "VMware Fusion", "Wireshark", "Docker", "VirtualBox",
	"linux-image-amd64", "openssl", "libssl3", "openssh-server", "python3.11", "chromium",
	"openjdk-17-jre", "libwayland-client0",
	"kernel-core", "openssl-libs", "mysql-server", "java-17-openjdk", "podman", "httpd",
}

func TestSampleResolvesWellKnownTitles(t *testing.T) {
	c := sampletest.Catalog(t)
	hits := map[string]int{}
	f := fleet.Fleet{Seed: 2, Devices: 1000, Begun: begun}
	for r := range f.All(0) {
		platform, version := catalog.PlatformClass(r.Device.OSPlatform, r.Device.OSVersion)
		for _, s := range r.Software {
			v := c.Verdict(catalog.Component{
				Kind: s.Kind, Vendor: s.Vendor, Name: s.Name, Version: s.Version, PURL: s.PURL, BundleID: s.BundleID,
				SourcePackage: s.SourcePackage, SourceVersion: s.SourceVersion, OSPlatform: platform, OSVersion: version,
			})
			if v.Product {
				hits[s.Name] = max(hits[s.Name], len(v.Hits))
			}
		}
	}
	for _, name := range wellKnown {
		if hits[name] == 0 {
			t.Errorf("%s: no findings", name)
		}
	}
}

// Benchmarks assume 262 findings per device and 1.1 kB per row; the tables are made for that.
func TestFindings(t *testing.T) {
	f := fleet.Fleet{Seed: 1, Devices: 2000, Begun: begun}
	assessor := newAssessor(t)
	var out assess.Output
	var rows, squares, size float64
	for r := range f.All(0) {
		if err := assessor.Device(input(r), &out); err != nil {
			t.Fatal(err)
		}
		if out.Problem != nil {
			t.Errorf("%s: %v", r.Device.Name, out.Problem)
		}
		n := float64(bytes.Count(out.Rows[defender.Vulnerabilities], []byte("\n")))
		rows, squares, size = rows+n, squares+n*n, size+float64(len(out.Rows[defender.Vulnerabilities]))
	}
	mean := rows / float64(f.Devices)
	deviation := math.Sqrt(squares/float64(f.Devices) - mean*mean)
	t.Logf("%.1f findings a device (standard deviation %.1f), %.0f bytes a row", mean, deviation, size/rows)
	if mean < 245 || mean > 280 {
		t.Errorf("%.1f findings a device, want about 262", mean)
	}
	if size/rows < 1000 || size/rows > 1200 {
		t.Errorf("%.0f bytes a row, want about 1100", size/rows)
	}
}

func newAssessor(t testing.TB) *assess.Assessor {
	t.Helper()
	b, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	return assess.New(sampletest.Catalog(t), b, assess.DefaultSettings(), begun)
}

func input(r *inventory.Report) assess.Input {
	return assess.Input{
		Device: row.Device{
			ID: r.Device.ID, Name: r.Device.Name, GroupName: defender.GroupNone,
			OSPlatform: r.Device.OSPlatform, OSVersion: r.Device.OSVersion, OSArchitecture: r.Device.OSArchitecture,
		},
		Report: r, LastSeen: begun,
	}
}
