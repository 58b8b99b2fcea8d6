package inventory

import "strings"

// PackageSuffix ends the names of packages of Debian and Ubuntu in rows, as Microsoft's service writes them
// (matching.md, 4.1).
const PackageSuffix = "_for_linux"

// IsPackage reports whether software that rows show as vendor, name and version is a package of a Linux distribution.
// Makers of distributions make other software, too: a package has the mark of its kind in the name, or its release in
// the version.
func IsPackage(vendor, name, version string) bool {
	for i := range distributions {
		if distributions[i].vendor == vendor {
			return distributions[i].alone() || strings.HasSuffix(name, PackageSuffix) || strings.Contains(version, "-")
		}
	}
	return false
}

// alone reports whether the vendor makes nothing but the distribution, so that all of its software are packages.
func (d *distribution) alone() bool {
	switch d.vendor {
	case "red_hat", "oracle", "amazon", "suse", "microsoft", "vmware", "ubuntu", "debian", "elementary", "echo", "bellsoft":
		return false
	}
	return true
}

// systemNames are distributions that people call otherwise than the words of their osVersion.
var systemNames = map[string]string{"rhel": "Red Hat Enterprise Linux", "centos": "CentOS", "centos-stream": "CentOS Stream",
	"almalinux": "AlmaLinux", "debian": "Debian", "ubuntu": "Ubuntu", "fedora": "Fedora", "opensuse-leap": "openSUSE Leap",
	"opensuse-leap-micro": "openSUSE Leap Micro", "sles": "SUSE Linux Enterprise Server", "sled": "SUSE Linux Enterprise Desktop",
	"sles_sap": "SUSE Linux Enterprise Server for SAP", "sle-micro": "SUSE Linux Enterprise Micro",
	"sle_hpc": "SUSE Linux Enterprise HPC", "photon": "Photon OS", "openeuler": "openEuler", "mageia": "Mageia"}

// SystemName is what people call the release of a Linux distribution that an osVersion names: "debian_linux_11" is
// Debian 11. What names none is itself, with spaces.
func SystemName(osVersion string) string {
	id, release, ok := Distribution(osVersion)
	if !ok {
		return strings.ReplaceAll(osVersion, "_", " ")
	}
	name := systemNames[id]
	if name == "" {
		d, _ := findDistribution(id)
		for word := range strings.SplitSeq(d.word, "_") {
			name += " " + strings.ToUpper(word[:1]) + word[1:]
		}
	}
	return strings.TrimSpace(strings.TrimSpace(name) + " " + strings.ReplaceAll(release, "_", " "))
}
