package scan_test

import (
	"encoding/json"
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/inventorytest"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/scan"
)

// ofDpkg reads the packages of a real status file.
func ofDpkg(t *testing.T, name string, r release) *linux {
	m := &linux{release: r}
	for stanza := range strings.SplitSeq(string(inventorytest.Shared(t, name)), "\n\n") {
		field := map[string]string{}
		for line := range strings.Lines(stanza) {
			if key, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && line[0] != ' ' {
				field[key] = value
			}
		}
		p := pack{name: field["Package"], version: field["Version"], arch: field["Architecture"], status: field["Status"]}
		if p.name == "" || p.version == "" {
			continue
		}
		p.source, p.sourceVersion = p.name, p.version
		if source, version, ok := strings.Cut(field["Source"], " ("); source != "" {
			p.source = source
			if ok {
				p.sourceVersion = strings.TrimSuffix(version, ")")
			}
		}
		if epoch, rest, ok := strings.Cut(p.version, ":"); ok {
			p.epoch, p.version = epoch, rest
		}
		m.packages = append(m.packages, p)
	}
	return m
}

// ofImage reads the packages of the real image of Red Hat for one architecture; each is listed once more
// without its source.
func ofImage(t *testing.T) *linux {
	var d struct {
		Packages []struct {
			ExternalRefs []struct{ ReferenceLocator string }
		}
	}
	if err := json.Unmarshal(inventorytest.Shared(t, "inventory/rhel9-ubi/ubi9-9.6.spdx.json.gz"), &d); err != nil {
		t.Fatal(err)
	}
	m, seen := &linux{release: release{"rpm", "rhel", "Red Hat Enterprise Linux", "9.6 (Plow)", "9.6", ""}}, map[string]bool{}
	for _, listed := range d.Packages {
		for _, ref := range listed.ExternalRefs {
			rest, ok := strings.CutPrefix(ref.ReferenceLocator, "pkg:rpm/redhat/")
			if !ok || seen[rest] {
				continue
			}
			seen[rest] = true
			named, query, _ := strings.Cut(rest, "?")
			name, version, _ := strings.Cut(named, "@")
			name, _ = url.PathUnescape(name)
			version, _ = url.PathUnescape(version)
			q, err := url.ParseQuery(query)
			if err != nil {
				t.Fatal(err)
			}
			if arch := q.Get("arch"); arch != "x86_64" && arch != "noarch" || q.Get("upstream") == "" {
				continue
			}
			p := pack{name: name, version: version, epoch: q.Get("epoch"), arch: q.Get("arch")}
			p.source, p.sourceVersion = inventory.SourceOfRPM(q.Get("upstream"))
			m.packages = append(m.packages, p)
		}
	}
	return m
}

// TestParityOfRealMachines: real lists of packages, told by each tool, are the software that the collector reads.
func TestParityOfRealMachines(t *testing.T) {
	for name, m := range map[string]*linux{
		"Debian": ofDpkg(t, "inventory/debian12/dpkg-status.gz", releases()[0]),
		"Ubuntu": ofDpkg(t, "inventory/ubuntu1804/dpkg-status.gz",
			release{"deb", "ubuntu", "Ubuntu", "18.04.6 LTS (Bionic Beaver)", "18.04", ""}),
		"Red Hat": ofImage(t),
	} {
		t.Run(name, func(t *testing.T) {
			report, warnings, err := collect.Collect(t.Context(), collect.Config{Root: m.lay(t), Name: "web1.example.com"})
			if err != nil || len(warnings) > 0 || len(report.Software) < 150 {
				t.Fatalf("%v, %v", warnings, err)
			}
			t.Logf("%d packages", len(report.Software))
			for _, tool := range tools() {
				if !slices.Contains(tool.kinds, m.kind) {
					continue
				}
				lost := map[string]bool{}
				for i := range m.packages {
					if tool.loses != nil && tool.loses(m, &m.packages[i]) {
						lost[m.packages[i].name] = true
					}
				}
				list, err := scan.Documents(strings.NewReader(tool.tell(m)), sbom.Identity{}, "web1.example.com", now)
				if err != nil {
					t.Fatalf("%s: %v", tool.name, err)
				}
				if diff := cmp.Diff(softwareLines(report.Software, lost), softwareLines(list[0].Software, lost)); diff != "" {
					t.Errorf("%s: -agent +%s:\n%.3000s", tool.name, tool.name, diff)
				}
			}
		})
	}
}

// softwareLines says what software decides about findings. The source of an rpm, and an rpm of which Fleet
// tells, have no epochs; the least detailed of equal entries is left out.
func softwareLines(list []inventory.Software, lost map[string]bool) (all []string) {
	bare := func(v string) string {
		if _, rest, ok := strings.Cut(v, ":"); ok {
			return rest
		}
		return v
	}
	for _, s := range list {
		if lost[s.Name] {
			continue
		}
		if s.Kind == "rpm" {
			s.Version, s.SourceVersion = bare(s.Version), bare(s.SourceVersion)
			if s.SourcePackage == "" { // Fleet and Wazuh, where it is the package itself
				s.SourcePackage, s.SourceVersion = s.Name, s.Version
			}
		}
		all = append(all, fmt.Sprintf("%s %s %s %s %s %s", s.Kind, s.Vendor, s.Name, s.Version, s.SourcePackage, s.SourceVersion))
	}
	slices.Sort(all)
	return slices.Compact(all)
}
