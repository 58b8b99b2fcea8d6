package xccdf

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// distributions are the products of CPE names of Linux distributions, with their ids of os-release(5).
var distributions = map[string]string{
	"debian:debian_linux": "debian", "canonical:ubuntu_linux": "ubuntu", "redhat:enterprise_linux": "rhel",
	"centos:centos": "centos", "almalinux:almalinux": "almalinux", "rocky:rocky": "rocky", "rocky:rocky_linux": "rocky",
	"oracle:linux": "ol", "fedoraproject:fedora": "fedora", "amazon:amazon_linux": "amzn", "amazon:linux": "amzn",
	"suse:linux_enterprise_server": "sles", "suse:linux_enterprise_desktop": "sled", "opensuse:leap": "opensuse-leap",
	"microsoft:azure_linux": "azurelinux", "vmware:photon_os": "photon",
}

// system returns osPlatform and osVersion by the CPE names of the platforms of a machine. OpenSCAP lists all releases
// whose test is the same, so the shortest is meant; if they are of several systems none is.
func system(platforms []string) (platform, version string) {
	product, release := "", ""
	for _, cpe := range platforms {
		p, r, ok := operatingSystem(cpe)
		switch {
		case !ok:
		case product == "":
			product, release = p, r
		case p != product:
			return "", ""
		case len(r) < len(release):
			release = r
		}
	}
	_, name, _ := strings.Cut(product, ":")
	switch id := distributions[product]; {
	case id != "":
		return inventory.Linux, inventory.OSVersion(id, release)
	case strings.HasPrefix(product, "microsoft:windows_"):
		return strings.ReplaceAll(name, "_", ""), "" // Report.Normalize spells it
	case strings.HasPrefix(product, "apple:mac"):
		return inventory.MacOS, release
	}
	return "", ""
}

// operatingSystem splits the CPE name of an operating system, in either form.
func operatingSystem(cpe string) (product, release string, ok bool) {
	rest, ok := strings.CutPrefix(strings.ToLower(cpe), "cpe:/o:")
	if !ok {
		if rest, ok = strings.CutPrefix(strings.ToLower(cpe), "cpe:2.3:o:"); !ok {
			return "", "", false
		}
	}
	parts := strings.SplitN(rest, ":", 4)
	if len(parts) < 2 {
		return "", "", false
	}
	if len(parts) > 2 && parts[2] != "*" && parts[2] != "-" {
		release = strings.ReplaceAll(parts[2], "\\", "")
	}
	return parts[0] + ":" + parts[1], release, true
}
