package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// A distribution's packages are matched by its own feed and never by CPE: what
// it fixes it fixes in its own versions.

// distributionFeed says where advisories on a distribution's packages are.
type distributionFeed struct {
	id string
	// ecosystems are OSV's, before the release and after it: "Alpine:v" and
	// "3.20". The first that the catalog has is used, and alone. Those after
	// the first stand in for a distribution that rebuilds the same packages:
	// AlmaLinux's advisories have the names and ".elN" versions of RHEL and its
	// relatives.
	ecosystems []string
	// major cuts the release to its first part.
	major bool
	// lifecycle is the distribution's slug at endoflife.date.
	lifecycle string
}

// The feeds. Ubuntu's Pro ecosystems are left out: their fixes are for machines
// that have Pro, which a report does not say.
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

// releaseClass cuts a distribution's release to what its feed tells apart.
func releaseClass(id, release string) string {
	if feedOf(id).major {
		release, _, _ = strings.Cut(release, ".")
	}
	return release
}

// forLinux is the suffix that the service gives to names of packages of some
// distributions, seen on Ubuntu's and not on Red Hat's (matching.md, 4.1).
const forLinux = "_for_linux"

func packageSuffix(id string) string {
	if id == "debian" || id == "ubuntu" {
		return forLinux
	}
	return ""
}

// resolvePackage resolves a package of a distribution: an exact identity, known
// as a product where the catalog has the distribution's advisories.
func (c resolver) resolvePackage(r *Release, purl packageurl.PackageURL) resolution {
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
	found.product, found.rule = true, RuleDistribution
	name, installed := advisedPackage(r)
	if subject.IsRPM(ecosystems[0]) {
		installed, found.streams = rpmInstalled(installed, purl, standIn)
	}
	found.installed = installed
	for _, ecosystem := range ecosystems {
		found.pairs = append(found.pairs, pair{subject: subject.Package(ecosystem, name)})
	}
	return found
}

// distributionOf returns the distribution a package belongs to: the device's,
// or else the one its package URL names ("distro=debian-12").
func distributionOf(r *Release, purl packageurl.PackageURL) (id, release string, ok bool) {
	if id, release, ok = inventory.Distribution(r.OSVersion); ok {
		return id, release, ok
	}
	distro, release, _ := subject.CutLast(purl.Qualifiers.Map()["distro"], "-")
	return inventory.Distribution(inventory.OSVersion(distro, release))
}

// ecosystemsFor returns the catalog's ecosystems that advise on a release of a
// distribution, and whether they are another distribution's that stands in.
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

// advisedPackage returns the package and version that advisories speak of: the
// source package where they are by source (Debian, Ubuntu, Alpine).
func advisedPackage(r *Release) (name, version string) {
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

// withoutBinaryRebuild removes Debian's "+b8": a rebuild without a change of
// source has no version of its own there.
func withoutBinaryRebuild(v string) string {
	head, number, ok := subject.CutLast(v, "+b")
	if !ok || number == "" || strings.Trim(number, "0123456789") != "" {
		return v
	}
	return head
}

// rpmInstalled returns the version to compare and the stream of an installed
// package. Where AlmaLinux stands in, ".alma" at the end of a fixed version is
// AlmaLinux's own rebuild of the same package, so the installed one counts as
// having it.
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
