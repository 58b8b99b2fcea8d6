package quality

import (
	"archive/zip"
	"cmp"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/testneed"
)

// fix says that a CVE is fixed in a package from a version on. It is what the oracles read from
// advisories; they share no code with muster.
type fix struct{ cve, name, version string }

// fixesOf reads the fixes of one ecosystem from an archive of OSV advisories. The CVEs are those in
// "upstream", or else in "related", where AlmaLinux has them.
func fixesOf(t *tally, archive, ecosystem string) (fixes []fix) {
	t.Helper()
	files, err := zip.OpenReader(archive)
	if err != nil {
		t.Fatal(err)
	}
	defer files.Close()
	for _, f := range files.File {
		var advisory struct {
			Withdrawn         string
			Upstream, Related []string
			Aliases           []string
			Affected          []struct {
				Package struct{ Ecosystem, Name string }
				Ranges  []struct{ Events []map[string]string }
			}
		}
		content, err := f.Open()
		if err == nil {
			err = json.NewDecoder(content).Decode(&advisory)
		}
		if err != nil {
			t.Fatalf("%s: %v", f.Name, err)
		}
		content.Close()
		cves := onlyCVEs(slices.Concat(advisory.Aliases, advisory.Upstream))
		if len(cves) == 0 {
			cves = onlyCVEs(advisory.Related)
		}
		for _, a := range advisory.Affected {
			if a.Package.Ecosystem != ecosystem || advisory.Withdrawn != "" {
				continue
			}
			for _, r := range a.Ranges {
				for _, e := range r.Events {
					for _, cve := range cves {
						if e["fixed"] != "" {
							fixes = append(fixes, fix{cve, a.Package.Name, e["fixed"]})
						}
					}
				}
			}
		}
	}
	return fixes
}

func onlyCVEs(ids []string) (cves []string) {
	for _, id := range ids {
		if strings.HasPrefix(id, "CVE-") && !slices.Contains(cves, id) {
			cves = append(cves, id)
		}
	}
	return cves
}

// findingsOf names the findings of a device.
func findingsOf(rows []row, device string) map[string]bool {
	found := map[string]bool{}
	for _, r := range rows {
		if r["deviceName"] == device {
			found[fmt.Sprintf("%v %v %v", r["softwareName"], r["softwareVersion"], r["cveId"])] = true
		}
	}
	return found
}

// runRedHat judges Red Hat's image by AlmaLinux's advisories.
func runRedHat(t *tally) {
	document := testneed.Unpacked(t.TB, "inventory", "rhel9-ubi", "ubi9-9.6.spdx.json.gz")
	archive := testneed.Shared(t.TB, "osv", "AlmaLinux-9", "all.zip")
	installed := spdxPackages(t, document)
	fixes := map[string][]fix{}
	var pairs [][2]string
	for _, f := range fixesOf(t, archive, "AlmaLinux:9") {
		if v, here := installed[f.name]; here && comparable9(v, f.version) {
			fixes[f.name] = append(fixes[f.name], f)
			pairs = append(pairs, [2]string{v, f.version})
		}
	}
	orders, wanted, quiet := rpmOrders(t, pairs), map[string]bool{}, 0
	for name, v := range installed {
		for _, f := range fixes[name] {
			if row := fmt.Sprintf("%s %s %s", name, v, f.cve); orders[[2]string{v, f.version}] < 0 {
				wanted[row] = true
			} else {
				quiet++
			}
		}
	}
	p := newProgram(t.TB)
	if _, err := p.importFeed("osv", archive, "AlmaLinux:9"); err != nil {
		t.Fatal(err)
	}
	if err := p.report(document, arguments{"--name": "ubi9", "--os-platform": "Linux",
		"--os-version": "enterprise_linux_9.6", "--os-architecture": "x64"}); err != nil {
		t.Fatal(err)
	}
	t.compare(wanted, findingsOf(p.publish()["findings"], "ubi9"), quiet)
	t.note("%d packages, %d fixes of them in the advisories", len(installed), len(pairs))
}

// comparable9 reports whether a fix may be compared with an installed version: both are of one
// major release, and both are of a module's stream or neither is.
func comparable9(installed, fixed string) bool {
	release := regexp.MustCompile(`\.el(\d+)`)
	if r := release.FindStringSubmatch(fixed); r != nil && r[1] != "9" {
		return false
	}
	return strings.Contains(installed, ".module") == strings.Contains(fixed, ".module")
}

// spdxPackages reads the installed packages of x86_64 from the package URLs of an SPDX document,
// with the epoch in the version, as rows of Red Hat's packages show it.
func spdxPackages(t *tally, document []byte) map[string]string {
	t.Helper()
	var d struct {
		Packages []struct {
			ExternalRefs []struct{ ReferenceType, ReferenceLocator string }
		}
	}
	if err := json.Unmarshal(document, &d); err != nil {
		t.Fatal(err)
	}
	installed := map[string]string{}
	for _, p := range d.Packages {
		for _, ref := range p.ExternalRefs {
			if ref.ReferenceType != "purl" {
				continue
			}
			u, err := url.Parse(ref.ReferenceLocator)
			if err != nil {
				t.Fatal(err)
			}
			name, v, _ := strings.Cut(strings.TrimPrefix(u.Opaque, "rpm/redhat/"), "@")
			v, err = url.PathUnescape(v)
			if err == nil {
				name, err = url.PathUnescape(name)
			}
			if err != nil {
				t.Fatal(err)
			}
			if arch := u.Query().Get("arch"); arch != "x86_64" && arch != "noarch" {
				continue
			}
			installed[name] = cmp.Or(u.Query().Get("epoch"), "0") + ":" + v
		}
	}
	return installed
}

// debPackage is a stanza of a dpkg status file.
type debPackage struct{ name, version, source, sourceVersion string }

// runDebian judges a patched Debian 12, and copies of it that were set back to before fixes.
func runDebian(t *tally) {
	status := string(testneed.Unpacked(t.TB, "inventory", "debian12", "dpkg-status.gz"))
	archive := testneed.Shared(t.TB, "osv", "Debian", "dsa-dla.zip")
	dpkg := testneed.Command(t.TB, "dpkg")
	fixes := map[string][]fix{}
	for _, f := range fixesOf(t, archive, "Debian:12") {
		fixes[f.name] = append(fixes[f.name], f)
	}
	p := newProgram(t.TB)
	if _, err := p.importFeed("osv", archive, "Debian"); err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(12, 9))
	packages := debPackages(status)
	const copies = 4
	machines := map[string][]debPackage{}
	for i := range copies {
		name := fmt.Sprintf("bookworm%d", i)
		machines[name] = packages
		if i > 0 {
			machines[name] = setBack(random, packages, fixes)
		}
		root := debianRoot(t, name, machines[name])
		if _, _, err := p.collect(root, arguments{}); err != nil {
			t.Fatal(err)
		}
	}
	rows, older := p.publish()["findings"], map[[2]string]bool{}
	for name, installed := range machines {
		wanted, quiet := map[string]bool{}, 0
		for _, d := range installed {
			for _, f := range fixes[d.source] {
				pair := [2]string{d.sourceVersion, f.version}
				if _, asked := older[pair]; !asked {
					older[pair] = dpkgOlder(t, dpkg, pair[0], pair[1])
				}
				if older[pair] {
					wanted[fmt.Sprintf("%s: %s_for_linux %s %s", name, d.name, d.version, f.cve)] = true
				} else {
					quiet++
				}
			}
		}
		given := map[string]bool{}
		for finding := range findingsOf(rows, name) {
			given[name+": "+finding] = true
		}
		for i := range quiet {
			t.judge(fmt.Sprintf("%s: quiet %d", name, i), false, false)
		}
		t.compare(wanted, given, 0)
	}
	t.note("%d packages on each of %d machines, %d versions compared by dpkg", len(packages), copies, len(older))
}

// debPackages reads the installed packages of a status file (deb-control(5)).
func debPackages(status string) (packages []debPackage) {
	for stanza := range strings.SplitSeq(status, "\n\n") {
		fields := map[string]string{}
		for line := range strings.Lines(stanza) {
			if name, value, ok := strings.Cut(strings.TrimSpace(line), ": "); ok && line[0] != ' ' {
				fields[name] = value
			}
		}
		if fields["Status"] != "install ok installed" {
			continue
		}
		d := debPackage{fields["Package"], fields["Version"], fields["Package"], fields["Version"]}
		if source, v, _ := strings.Cut(fields["Source"], " ("); source != "" {
			d.source = source
			if v != "" {
				d.sourceVersion = strings.TrimSuffix(v, ")")
			}
		}
		packages = append(packages, d)
	}
	return packages
}

// setBack gives all packages of a source that has fixes one version near one of these fixes: the
// fix itself, or one before it.
func setBack(random *rand.Rand, packages []debPackage, fixes map[string][]fix) []debPackage {
	chosen := map[string]string{}
	back := slices.Clone(packages)
	for i := range back {
		d := &back[i]
		known := fixes[d.source]
		if len(known) == 0 {
			continue
		}
		if chosen[d.source] == "" {
			v := known[random.IntN(len(known))].version
			chosen[d.source] = pick(random, v, v+"~", v+"~bpo12+1", strings.Split(v, "-")[0]+"-0")
		}
		d.version, d.sourceVersion = chosen[d.source], chosen[d.source]
		if random.IntN(4) == 0 {
			d.version += "+b1" // a rebuild
		}
	}
	return back
}

// debianRoot writes the folder of a machine.
func debianRoot(t *tally, name string, packages []debPackage) string {
	t.Helper()
	var status strings.Builder
	for _, d := range packages {
		fmt.Fprintf(&status, "Package: %s\nStatus: install ok installed\nArchitecture: amd64\nVersion: %s\n", d.name, d.version)
		if d.source != d.name || d.sourceVersion != d.version {
			fmt.Fprintf(&status, "Source: %s (%s)\n", d.source, d.sourceVersion)
		}
		status.WriteString("\n")
	}
	root := t.TempDir()
	for path, text := range map[string]string{"etc/hostname": name + "\n", "var/lib/dpkg/status": status.String(),
		"etc/os-release": "ID=debian\nVERSION_ID=\"12\"\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n"} {
		err := os.MkdirAll(filepath.Join(root, filepath.Dir(path)), 0o755)
		if err == nil {
			err = os.WriteFile(filepath.Join(root, path), []byte(text), 0o644)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return root
}
