package catalog_test

import (
	"fmt"
	"testing"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// TestBinariesLeadToSources: a package whose report does not name its source has the findings that it
// has with it, wherever advisories list what is built from which source; and no others.
func TestBinariesLeadToSources(t *testing.T) {
	systems := []struct{ ecosystem, kind, osVersion string }{
		{"openSUSE:Leap 15.6", "rpm", "opensuse_leap_15.6"},
		{"SUSE:Linux Enterprise Module for Basesystem 15 SP6", "rpm", "suse_linux_enterprise_server_15.6"},
		{"openEuler:24.03-LTS", "rpm", "openeuler_24.03"},
		{"Ubuntu:22.04:LTS", "deb", "ubuntu_linux_22.04"},
		{"Ubuntu:Pro:22.04:LTS", "deb", "ubuntu_linux_22.04"},
		{"Rocky Linux:9", "rpm", "rocky_linux_9.4"},
	}
	rapid.Check(t, func(r *rapid.T) {
		on := rapid.SampledFrom(systems).Draw(r, "system")
		var records []intel.Record
		from := map[string]string{} // binary to source
		for i := range rapid.IntRange(1, 4).Draw(r, "sources") {
			source := fmt.Sprintf("source%d", i)
			p := intel.Package{
				CVEs: []string{fmt.Sprintf("CVE-2099-%04d", i)}, Advisory: "A-" + source, Ecosystem: on.ecosystem, Name: source,
				Ranges: []intel.Range{{High: fmt.Sprintf("%d-1", 1+rapid.IntRange(1, 3).Draw(r, "fixed"))}},
			}
			for k := range rapid.IntRange(0, 3).Draw(r, "binaries") {
				binary := fmt.Sprintf("lib%d-%d", i, k)
				p.Binaries, from[binary] = append(p.Binaries, binary), source
			}
			records = append(records, intel.Record{Source: p.Advisory, Packages: []intel.Package{p}})
		}
		c := build(t, catalog.Config{}, records...)
		from["unheard"] = "unheard-source"
		for binary, source := range from {
			alone := linux(on.kind, binary, "2-1", on.osVersion)
			whole := alone
			whole.SourcePackage, whole.SourceVersion = source, "2-1"
			a, b := c.Judge(alone), c.Judge(whole)
			if a.Fingerprint != b.Fingerprint || len(a.Hits) != len(b.Hits) {
				r.Fatalf("%s of %s: %d findings, with its source %d", binary, source, len(a.Hits), len(b.Hits))
			}
		}
	})
}
