package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/alias"
	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// A distribution's packages are matched by its own feed and never by CPE: its fixes have its own
// versions.

// distributionFeed says which advisories apply to a distribution's packages.
type distributionFeed struct {
	id string
	// ecosystems are OSV's, split before and after the release: "Alpine:v" and "3.20". Only the
	// first that the catalog has is used. The later ones replace the feed of a distribution that
	// rebuilds the same packages: AlmaLinux's advisories have the names and ".elN" versions of
	// RHEL and its relatives.
	ecosystems []string
	// major cuts the release to its first part.
	major bool
	// lifecycle is the distribution's slug at endoflife.date.
	lifecycle string
}

// The feeds. Ubuntu's Pro ecosystems are left out: their fixes are only for machines with Pro,
// which a report does not say.
var distributionFeeds = [...]distributionFeed{
	{"debian", []string{"Debian:"}, true, "debian"},
	{"ubuntu", []string{"Ubuntu:"}, false, "ubuntu"},
	{"alpine", []string{"Alpine:v"}, false, "alpine-linux"},
	{"wolfi", []string{"Wolfi"}, false, ""},
	{"chainguard", []string{"Chainguard"}, false, ""},
	{"almalinux", []string{"AlmaLinux:"}, true, "almalinux"},
	{"rhel", []string{"Red Hat:enterprise_linux:", "AlmaLinux:"}, true, "rhel"},
	{"rocky", []string{"Rocky Linux:", "AlmaLinux:"}, true, "rocky-linux"},
	{"centos", []string{"CentOS:", "AlmaLinux:"}, true, "centos"},
	{"ol", []string{"Oracle Linux:", "AlmaLinux:"}, true, "oracle-linux"},
	{"opensuse-leap", []string{"openSUSE:Leap "}, false, "opensuse"},
	{"opensuse-tumbleweed", []string{"openSUSE:Tumbleweed"}, false, ""},
	{"azurelinux", []string{"Azure Linux:"}, true, ""},
	{"photon", []string{"Photon OS:"}, false, "photon"},
	{"fedora", nil, true, "fedora"},
	{"amzn", nil, false, "amazon-linux"},
	{"sles", nil, false, "sles"},
}

func feedOf(id string) distributionFeed {
	for _, f := range distributionFeeds {
		if f.id == id {
			return f
		}
	}
	return distributionFeed{id: id}
}

// releaseClass reduces a distribution's release to the part that its feed distinguishes.
func releaseClass(id, release string) string {
	if feedOf(id).major {
		release, _, _ = strings.Cut(release, ".")
	}
	return release
}

// forLinux is the suffix that Microsoft's service adds to package names of some distributions,
// seen for Ubuntu and not for Red Hat (matching.md, 4.1).
const forLinux = "_for_linux"

func packageSuffix(id string) string {
	if id == "debian" || id == "ubuntu" {
		return forLinux
	}
	return ""
}

// resolvePackage resolves a distribution's package: an exact identity, a known product if the
// catalog has the distribution's advisories.
func (c resolver) resolvePackage(r *Component, purl packageurl.PackageURL) resolution {
	id, release, ok := distributionOf(r, purl)
	if !ok {
		return unresolved(r)
	}
	feed := feedOf(id)
	release = releaseClass(id, release)
	found := resolution{
		vendor: inventory.PackageVendor(id), name: strings.ToLower(r.Name) + packageSuffix(id), version: r.Version,
		rule: RuleNone, lifecycle: feed.lifecycle, cycleVersion: release,
	}
	ecosystems, standIn := c.ecosystemsFor(feed, release)
	if len(ecosystems) == 0 {
		return found
	}
	found.product, found.rule, found.isPackage = true, RuleDistribution, true
	name, installed := advisedPackage(r)
	if subject.IsRPM(ecosystems[0]) {
		installed, found.streams = rpmInstalled(installed, purl, standIn)
	}
	found.installed = installed
	for _, ecosystem := range ecosystems {
		found.pairs = append(found.pairs, alias.Pair{Subject: subject.Package(ecosystem, name)})
	}
	return found
}

// distributionOf returns the distribution of a package: the device's, or else the one in its
// package URL ("distro=debian-12").
func distributionOf(r *Component, purl packageurl.PackageURL) (id, release string, ok bool) {
	if id, release, ok = inventory.Distribution(r.OSVersion); ok {
		return id, release, ok
	}
	distro, release, _ := subject.CutLast(purl.Qualifiers.Map()["distro"], "-")
	return inventory.Distribution(inventory.OSVersion(distro, release))
}

// ecosystemsFor returns the catalog's ecosystems with advisories for a release of a distribution,
// and whether they are those of another distribution that stands in.
func (c resolver) ecosystemsFor(feed distributionFeed, release string) (ecosystems []string, standIn bool) {
	for i, prefix := range feed.ecosystems {
		name := prefix + release
		for _, known := range c.ecosystems {
			if known == name || strings.HasPrefix(known, name+":") {
				ecosystems = append(ecosystems, known)
			}
		}
		if len(ecosystems) > 0 {
			return ecosystems, i > 0
		}
	}
	return nil, false
}

// advisedPackage returns the package and version that advisories name: the source package if they
// are by source (Debian, Ubuntu, Alpine).
func advisedPackage(r *Component) (name, version string) {
	if r.Kind == "rpm" || r.SourcePackage == "" && r.SourceVersion == "" {
		return r.Name, r.Version
	}
	name, version = r.SourcePackage, r.SourceVersion
	if name == "" {
		name = r.Name
	}
	if version == "" {
		version = withoutBinaryRebuild(r.Version)
	}
	return name, version
}

// withoutBinaryRebuild removes Debian's "+b8": advisories have no versions for rebuilds of
// unchanged sources.
func withoutBinaryRebuild(v string) string {
	head, number, ok := subject.CutLast(v, "+b")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return v
	}
	return head
}

// rpmInstalled returns the version to compare and the stream of an installed package. If AlmaLinux
// stands in, ".alma" at the end of a fixed version is AlmaLinux's own rebuild of the same package,
// so the installed version counts as having it.
func rpmInstalled(installed string, purl packageurl.PackageURL, standIn bool) (string, streams) {
	s := streams{module: strings.Contains(installed, subject.ModuleMark), upstream: installed}
	if s.module {
		label := purl.Qualifiers.Map()["rpmmod"]
		if words := strings.SplitN(label, ":", 3); len(words) > 1 {
			s.name = words[0] + ":" + words[1]
		}
	}
	if _, rest, ok := strings.Cut(s.upstream, ":"); ok {
		s.upstream = rest
	}
	s.upstream, _, _ = strings.Cut(s.upstream, "-")
	installed = subject.WithoutModule(installed)
	if standIn && strings.Contains(installed, ".el") && !strings.Contains(installed, ".alma") {
		installed += ".alma.999999"
	}
	return installed, s
}
