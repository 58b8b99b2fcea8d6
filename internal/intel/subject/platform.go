package subject

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
)

// Platforms is a set of operating systems. A rule for some of them has these; a device's platform
// is a set of one.
type Platforms uint32

// The operating systems that conditions can distinguish.
const (
	onWindows7 Platforms = 1 << iota
	onWindows8
	onWindows10
	onWindows11
	onServer2008
	onServer2012
	onServer2016
	onServer2019
	onServer2022
	onServer2025
	onOtherWindows
	onMacOS
	onDebian
	onUbuntu
	onRedHat
	onSUSE
	onFedora
	onOtherLinux
	onMobile    // phones and tablets, which muster does not manage
	onOtherUnix // AIX, HP-UX, Solaris and the like, neither

	Nowhere    Platforms = 0
	Everywhere           = ^Nowhere
	onWindows            = onWindows7 | onWindows8 | onWindows10 | onWindows11 | onServers | onOtherWindows
	onServers            = onServer2008 | onServer2012 | onServer2016 | onServer2019 | onServer2022 | onServer2025
	Unmanaged            = onMobile | onOtherUnix
	onLinux              = onDebian | onUbuntu | onRedHat | onSUSE | onFedora | onOtherLinux
)

// PlatformOf returns the set of a component's one platform; Nowhere if it is unknown, so that no
// condition holds.
func PlatformOf(osPlatform, osVersion string) Platforms {
	switch {
	case osPlatform == inventory.MacOS:
		return onMacOS
	case osPlatform == inventory.Linux:
		id, _, _ := inventory.Distribution(osVersion)
		return linuxPlatform(id)
	case strings.HasPrefix(osPlatform, "Windows"):
		return windowsPlatform(strings.ToLower(osPlatform[len("Windows"):]))
	}
	return Nowhere
}

// windowsPlatform parses the text after "windows" in a platform or CPE product: "10", "10_1809",
// "server2012r2", "server_2012_r2".
func windowsPlatform(release string) Platforms {
	release = strings.ReplaceAll(strings.Trim(release, "_"), "server_", "server")
	for _, known := range [...]struct {
		prefix string
		set    Platforms
	}{
		{"server2008", onServer2008}, {"server2012", onServer2012}, {"server2016", onServer2016},
		{"server2019", onServer2019}, {"server2022", onServer2022}, {"server2025", onServer2025},
		{"10", onWindows10}, {"11", onWindows11}, {"7", onWindows7}, {"8", onWindows8},
	} {
		if strings.HasPrefix(release, known.prefix) {
			return known.set
		}
	}
	return onOtherWindows
}

func linuxPlatform(id string) Platforms {
	switch id {
	case "debian":
		return onDebian
	case "ubuntu":
		return onUbuntu
	case "rhel", "centos", "centos-stream", "almalinux", "rocky", "ol":
		return onRedHat
	case "opensuse-leap", "opensuse-leap-micro", "opensuse-tumbleweed", "sles", "sles_sap", "sled", "sle_hpc", "sle-micro":
		return onSUSE
	case "fedora":
		return onFedora
	}
	return onOtherLinux
}

// conditionPlatforms returns the platforms on which a condition of a CPE configuration holds:
// Nowhere if it is not an operating system, since a component does not know what else is installed
// or which hardware it runs on.
func conditionPlatforms(p intel.Platform) Platforms {
	if p.Part != "o" {
		return Nowhere
	}
	switch {
	case p.Vendor == "microsoft" && p.Product == "windows", p.Vendor == "microsoft" && p.Product == "windows_nt":
		return onWindows
	case p.Vendor == "microsoft" && strings.HasPrefix(p.Product, "windows_"):
		return windowsPlatform(p.Product[len("windows_"):])
	case p.Vendor == "apple" && (p.Product == "macos" || p.Product == "mac_os_x" || p.Product == "mac_os"):
		return onMacOS
	case p.Vendor == "apple" || p.Vendor == "google":
		return onMobile
	case p.Product == "linux_kernel" || p.Product == "linux":
		return onLinux
	case p.Vendor == "debian":
		return onDebian
	case p.Vendor == "canonical":
		return onUbuntu
	case p.Vendor == "redhat" && strings.HasPrefix(p.Product, "enterprise_linux"):
		return onRedHat
	case p.Vendor == "fedoraproject":
		return onFedora
	case p.Vendor == "suse", p.Vendor == "opensuse":
		return onSUSE
	}
	return Nowhere
}

// Required returns the platforms on which all conditions of a statement hold.
func Required(a *intel.Affected) Platforms {
	set := anyOf(a.Requires)
	for _, also := range a.RequiresAlso {
		set &= anyOf(also)
	}
	return set
}

func anyOf(conditions []intel.Platform) Platforms {
	if len(conditions) == 0 {
		return Everywhere
	}
	set := Nowhere
	for _, c := range conditions {
		set |= conditionPlatforms(c)
	}
	return set
}

// Names lists the platforms of a set in words, groups as a whole; none for every platform.
func (p Platforms) Names() []string {
	if p == Everywhere {
		return nil
	}
	names := []string{}
	for _, known := range [...]struct {
		set  Platforms
		name string
	}{
		{onWindows, "Windows"}, {onServers, "Windows Server"}, {onWindows7, "Windows 7"}, {onWindows8, "Windows 8"},
		{onWindows10, "Windows 10"}, {onWindows11, "Windows 11"}, {onServer2008, "Windows Server 2008"},
		{onServer2012, "Windows Server 2012"}, {onServer2016, "Windows Server 2016"},
		{onServer2019, "Windows Server 2019"}, {onServer2022, "Windows Server 2022"},
		{onServer2025, "Windows Server 2025"}, {onOtherWindows, "another Windows"}, {onMacOS, "macOS"},
		{onLinux, "Linux"}, {onDebian, "Debian"}, {onUbuntu, "Ubuntu"}, {onRedHat, "Red Hat and its relatives"},
		{onSUSE, "SUSE"}, {onFedora, "Fedora"}, {onOtherLinux, "another Linux"},
		{onMobile, "telephones and tablets"}, {onOtherUnix, "another Unix"},
	} {
		if p&known.set == known.set {
			names = append(names, known.name)
			p &^= known.set
		}
	}
	return names
}
