package scan_test

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/inventory/collect/collecttest"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/scan"
)

// linux is a machine of a distribution, with what its tools read of it. parity_told_test.go has how each tool
// tells it.
type linux struct {
	release
	packages []pack
}

// release is a distribution's os-release, and the name of its advisories.
type release struct{ kind, id, name, version, versionID, ecosystem string }

// pack is an installed package, or one that dpkg knows and that is not.
type pack struct {
	name, epoch, version, arch string
	// source is the name of the source package, sourceVersion its version with the epoch.
	source, sourceVersion string
	// status is dpkg's.
	status string
}

// full is the version with its epoch, if that is not 0.
func (p *pack) full() string {
	if p.epoch == "" {
		return p.version
	}
	return p.epoch + ":" + p.version
}

// module is rpm's label of the module of a package.
func (p *pack) module() string {
	if strings.Contains(p.version, ".module") {
		return p.name + ":18:9040020240807131341:rhel9"
	}
	return ""
}

func (p *pack) installed() bool { return !strings.HasPrefix(p.status, "deinstall") }

// rpmFile is the file name of the source rpm.
func (p *pack) rpmFile() string {
	_, version, ok := strings.Cut(p.sourceVersion, ":")
	if !ok {
		version = p.sourceVersion
	}
	return p.source + "-" + version + ".src.rpm"
}

// releases write their versions in os-release as the distributions do.
func releases() []release {
	return []release{
		{"deb", "debian", "Debian GNU/Linux", "12 (bookworm)", "12", "Debian:12"},
		{"deb", "ubuntu", "Ubuntu", "22.04.5 LTS (Jammy Jellyfish)", "22.04", "Ubuntu:22.04:LTS"},
		{"rpm", "almalinux", "AlmaLinux", "9.4 (Seafoam Ocelot)", "9.4", "AlmaLinux:9"},
		{"rpm", "rocky", "Rocky Linux", "9.4 (Blue Onyx)", "9.4", "Rocky Linux:9"},
		{"rpm", "sles", "SLES", "15-SP5", "15.5", "SUSE:Linux Enterprise Server 15 SP5"},
		{"apk", "alpine", "Alpine Linux", "", "3.19.1", "Alpine:v3.19"},
		{"alpm", "arch", "Arch Linux", "", "", ""},
	}
}

// built says what is built from a source package, of which the version fixed is the first that is not affected.
type built struct {
	source, fixed string
	names         []string
	// versions are those of packages, each with that of the source, which is the same if it is empty.
	versions [][2]string
}

// sources have what tools lose: epochs, revisions that sort before others, rebuilds, sources of other names and
// versions.
func sources(kind string) []built {
	switch kind {
	case "deb":
		return []built{
			{"curl", "7.88.1-10+deb12u5", []string{"libcurl4", "curl"}, [][2]string{{"7.88.1-10+deb12u4"}, {"7.88.1-10+deb12u5"}, {"7.88.1-10+deb12u5~bpo11+1"}}},
			{"bind9", "1:9.18.24-1", []string{"bind9-libs"}, [][2]string{{"1:9.18.19-1~deb12u1"}, {"1:9.18.28-1~deb12u2"}}},
			{"gcc-12", "12.2.0-14+deb12u1", []string{"libstdc++6"}, [][2]string{{"12.2.0-14+deb12u1+b1", "12.2.0-14+deb12u1"}, {"12.2.0-14"}, {"12.2.0-14+b3", "12.2.0-14"}}},
			{"lvm2", "2.03.16-2", []string{"dmsetup"}, [][2]string{{"2:1.02.185-2", "2.03.16-2"}, {"2:1.02.185-1", "2.03.16-1"}}},
			{"linux-signed-amd64", "", []string{"linux-image-6.1.0-21-amd64"}, [][2]string{{"6.1.90-1", "6.1.90+1"}, {"6.1.94-1", "6.1.94+1"}}},
			{"linux", "6.1.94-1", []string{"linux-libc-dev"}, [][2]string{{"6.1.90-1"}, {"6.1.94-1"}}},
			{"git", "1:2.39.5-0+deb12u1", []string{"git", "git-man"}, [][2]string{{"1:2.39.2-1.1"}, {"1:2.39.5-0+deb12u1"}}},
		}
	case "rpm":
		return []built{
			{"openssl", "1:3.0.7-28.el9_4", []string{"openssl-libs", "openssl"}, [][2]string{{"1:3.0.7-27.el9"}, {"1:3.0.7-28.el9_4"}, {"1:3.0.7-29.el9"}}},
			{"bind", "32:9.16.23-18.el9_4.6", []string{"bind-libs"}, [][2]string{{"32:9.16.23-18.el9_4.1"}, {"32:9.18.1-1.el9"}}},
			{"kernel", "5.14.0-427.50.1.el9_4", []string{"kernel-core"}, [][2]string{{"5.14.0-427.42.1.el9_4"}, {"5.14.0-427.50.1.el9_4"}, {"5.14.0-503.11.1.el9_5"}}},
			{"perl", "5.32.1-482.el9", []string{"perl-IO"}, [][2]string{{"1.43-481.el9", "4:5.32.1-481.el9"}, {"1.43-482.el9", "4:5.32.1-482.el9"}}},
			{"glib2", "2.68.4-14.el9", []string{"glib2"}, [][2]string{{"2.68.4-14.el9~rc1"}, {"2.68.4-14.el9"}, {"2.68.4^20240101git-1.el9"}}},
			{"nodejs", "1:18.20.5-1.module+el9.4.0+3", []string{"nodejs"}, [][2]string{{"1:18.20.4-1.module+el9.4.0+2"}, {"1:18.20.5-1.module+el9.4.0+3"}}},
			{"tzdata", "2024b-2.el9", []string{"tzdata"}, [][2]string{{"2024a-1.el9"}, {"2024b-2.el9"}}},
		}
	case "apk":
		return []built{
			{"openssl", "3.1.5-r0", []string{"libssl3", "libcrypto3"}, [][2]string{{"3.1.4-r5"}, {"3.1.5_rc1-r0"}, {"3.1.5-r0"}}},
			{"busybox", "1.36.1-r17", []string{"busybox", "busybox-binsh"}, [][2]string{{"1.36.1-r15"}, {"1.36.1-r17"}}},
		}
	}
	return []built{
		{"gcc", "13.2.1-4", []string{"gcc-libs"}, [][2]string{{"13.2.1-3"}, {"13.2.1-4"}}},
		{"vim", "1:9.1.0-1", []string{"vim-runtime", "vim"}, [][2]string{{"1:9.0.2-1"}, {"1:9.1.0-1"}}},
		{"linux", "6.6.2.arch1-1", []string{"linux"}, [][2]string{{"6.6.1.arch1-1"}, {"6.6.2.arch1-1"}}},
	}
}

// advisories returns feeds with an advisory of each source package and of what is built from it.
func advisories(t *testing.T) *scan.Intelligence {
	t.Helper()
	folder := t.TempDir()
	put := func(name string, document any) {
		text, err := json.Marshal(document)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(filepath.Join(folder, name)), 0o700)
		}
		if err == nil {
			err = os.WriteFile(filepath.Join(folder, name), text, 0o600)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	var arch []object
	number := 0
	for at, r := range releases() {
		for _, b := range sources(r.kind) {
			if number++; b.fixed == "" {
				continue
			}
			cve, affected := fmt.Sprintf("CVE-2024-%d", 10000+number), []object{}
			arch = append(arch, object{"name": fmt.Sprintf("AVG-%d", number), "packages": append(b.names, b.source), "affected": "1-1", "fixed": b.fixed,
				"severity": "High", "status": "Fixed", "type": "x", "issues": []string{cve}, "advisories": []string{"ASA-202401-1"}})
			names := []string{b.source}
			if r.id == "almalinux" {
				names = b.names
			}
			fixed := b.fixed
			if r.id == "almalinux" && b.source == "perl" {
				fixed = "1.43-482.el9"
			}
			for _, name := range names {
				affected = append(affected, object{"package": object{"ecosystem": r.ecosystem, "name": name},
					"ranges": []object{{"type": "ECOSYSTEM", "events": []object{{"introduced": "0"}, {"fixed": fixed}}}}})
			}
			id := fmt.Sprintf("%s-2024-%d", []string{"DSA", "USN", "ALSA", "RLSA", "SUSE-SU", "ALPINE"}[min(at, 5)], number)
			if r.kind != "alpm" {
				put(fmt.Sprintf("osv-%d/%s.json", at, id), object{"id": id, "modified": "2024-09-19T07:29:22Z", "published": "2024-09-18T00:00:00Z",
					"related": []string{cve}, "upstream": []string{cve}, "affected": affected})
				arch = nil
			}
		}
	}
	put("arch/all.json", arch)
	return open(t, "", folder)
}

// machines draws machines: several versions of a package may be installed, as of kernels, and several architectures.
func machines(t *rapid.T) *linux {
	m := &linux{release: rapid.SampledFrom(releases()).Draw(t, "release")}
	have := map[string]bool{}
	for range rapid.IntRange(1, 8).Draw(t, "packages") {
		b := rapid.SampledFrom(sources(m.kind)).Draw(t, "source")
		name, version := rapid.SampledFrom(b.names).Draw(t, "name"), rapid.SampledFrom(b.versions).Draw(t, "version")
		key := name
		if strings.HasPrefix(name, "kernel") {
			key += version[0]
		}
		arch := m.archs(t)
		if m.kind == "deb" {
			key += arch
		}
		if have[key] {
			continue
		}
		have[key] = true
		p := pack{name: name, version: version[0], source: b.source, sourceVersion: version[1], arch: arch, status: "install ok installed"}
		if epoch, rest, ok := strings.Cut(p.version, ":"); ok {
			p.epoch, p.version = epoch, rest
		}
		if p.sourceVersion == "" {
			p.sourceVersion = version[0]
		}
		if m.kind == "deb" {
			states := []string{"install ok installed", "hold ok installed", "install ok triggers-pending", "install ok half-configured",
				"deinstall ok config-files"}
			if len(m.packages) == 0 {
				states = states[:4] // a document without packages may not tell the system
			}
			p.status = rapid.SampledFrom(states).Draw(t, "status")
		}
		m.packages = append(m.packages, p)
	}
	return m
}

// archs draws an architecture of a package.
func (m *linux) archs(t *rapid.T) string {
	words := map[string][]string{"deb": {"amd64", "i386", "all"}, "rpm": {"x86_64", "i686", "noarch"}, "apk": {"x86_64"}, "alpm": {"x86_64", "any"}}
	return rapid.SampledFrom(words[m.kind]).Draw(t, "architecture")
}

// lay lays the machine's databases on a disk.
func (m *linux) lay(t testing.TB) string {
	files := map[string]string{"etc/os-release": fmt.Sprintf("ID=%q\nNAME=%q\n", m.id, m.name)}
	for key, value := range map[string]string{"VERSION": m.version, "VERSION_ID": m.versionID} {
		if value != "" {
			files["etc/os-release"] += fmt.Sprintf("%s=%q\n", key, value)
		}
	}
	var text strings.Builder
	var headers [][]byte
	for i := range m.packages {
		p := &m.packages[i]
		switch m.kind {
		case "deb":
			fmt.Fprintf(&text, "Package: %s\nStatus: %s\nArchitecture: %s\nVersion: %s\n%s\n", p.name, p.status, p.arch, p.full(), p.debSource("Source: ", "\n"))
		case "rpm":
			var epoch uint32
			fmt.Sscan(p.epoch, &epoch)
			version, release, _ := strings.Cut(p.version, "-")
			headers = append(headers, collecttest.RPMHeader(map[uint32]string{1000: p.name, 1001: version, 1002: release,
				1022: p.arch, 1044: p.rpmFile(), 5096: p.module()}, epoch))
		case "apk":
			fmt.Fprintf(&text, "P:%s\nV:%s\nA:%s\no:%s\n\n", p.name, p.full(), p.arch, p.source)
		case "alpm":
			files["var/lib/pacman/local/"+p.name+"-"+p.version+"/desc"] = fmt.Sprintf("%%NAME%%\n%s\n\n%%VERSION%%\n%s\n\n%%BASE%%\n%s\n\n%%ARCH%%\n%s\n\n",
				p.name, p.full(), p.source, p.arch)
		}
	}
	switch m.kind {
	case "deb":
		files["var/lib/dpkg/status"] = text.String()
	case "rpm":
		files["var/lib/rpm/Packages.db"] = string(collecttest.MakeNDB(headers))
	case "apk":
		files["lib/apk/db/installed"] = text.String()
	}
	return collecttest.LayMachine(t, files)
}

// debSource returns dpkg's field of the source, which it leaves out if that is the package itself.
func (p *pack) debSource(before, after string) string {
	switch {
	case p.source == p.name && p.sourceVersion == p.full():
		return ""
	case p.sourceVersion == p.full():
		return before + p.source + after
	}
	return before + p.source + " (" + p.sourceVersion + ")" + after
}

// findings returns what a scan finds on the device of a document, without packages that are left out.
func findings(t *rapid.T, known *scan.Intelligence, checks *benchmark.Benchmark, document string,
	without map[string]bool) (device string, all []string) {
	list, err := scan.Documents(strings.NewReader(document), sbom.Identity{}, "web1.example.com", now)
	if err != nil || len(list) != 1 {
		t.Fatalf("%v of %s", err, document)
	}
	r, err := known.Judge(list[0], checks, now)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range r.Findings {
		shown := f.Version
		if _, rest, ok := strings.Cut(shown, ":"); ok {
			shown = rest // Fleet does not know the epoch
		}
		if !without[f.Name] {
			all = append(all, strings.Join([]string{f.Vendor, f.Name, shown, f.CVE}, " "))
		}
	}
	slices.Sort(all)
	return r.Device.OSPlatform + " " + r.Device.OSVersion, all
}

// TestParity: a machine has the same findings, whichever tool tells of it, as far as the tool tells: packages
// of which it loses what is needed are left out of the comparison, and named by the tool's part of
// doc/sources.md.
func TestParity(t *testing.T) {
	known := advisories(t)
	checks, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	found := map[string]int{}
	rapid.Check(t, func(r *rapid.T) {
		m := machines(r)
		report, warnings, err := collect.Collect(t.Context(), collect.Config{Root: m.lay(t), Name: "web1.example.com"})
		if err != nil || len(warnings) > 0 {
			r.Fatalf("%v, %v", warnings, err)
		}
		own, err := json.Marshal(report)
		if err != nil {
			r.Fatal(err)
		}
		for _, tool := range tools() {
			if !slices.Contains(tool.kinds, m.kind) {
				continue
			}
			without := map[string]bool{}
			for i := range m.packages {
				if p := &m.packages[i]; tool.loses != nil && tool.loses(m, p) {
					without[strings.ToLower(p.name)+nameSuffix(m)] = true
				}
			}
			device, want := findings(r, known, checks, string(own), without)
			found[m.id] += len(want)
			text := tool.tell(m)
			gotDevice, got := findings(r, known, checks, text, without)
			if diff := cmp.Diff(want, got); diff != "" || device != gotDevice {
				r.Fatalf("%s: %s, want %s (-agent +%s):\n%s\n%s\n%s", tool.name, gotDevice, device, tool.name, diff, own, text)
			}
		}
	})
	for _, r := range releases() {
		if found[r.id] == 0 {
			t.Errorf("no findings on %s", r.id)
		}
	}
}
