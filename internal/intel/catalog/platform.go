package catalog

import (
	"strings"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/inventory"
)

// platforms is a set of operating systems. A rule that holds only on some has
// theirs; a device's platform is a set of one.
type platforms uint32

// The operating systems that conditions can tell apart.
const (
	onWindows7 platforms = 1 << iota
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
	onMobile // telephones and tablets: no device that muster knows

	nowhere    platforms = 0
	everywhere           = ^nowhere
	onWindows            = onWindows7 | onWindows8 | onWindows10 | onWindows11 | onServers | onOtherWindows
	onServers            = onServer2008 | onServer2012 | onServer2016 | onServer2019 | onServer2022 | onServer2025
	onLinux              = onDebian | onUbuntu | onRedHat | onSUSE | onFedora | onOtherLinux
)

// PlatformClass cuts a device's platform down to what may decide a verdict, so
// that devices which cannot differ share their verdicts: Windows and macOS keep
// no version (their own entry has it), Linux keeps the distribution and as much
// of its release as its feeds tell apart ("enterprise_linux_9" of 9.4).
func PlatformClass(osPlatform, osVersion string) (string, string) {
	if osPlatform != inventory.Linux {
		return osPlatform, ""
	}
	id, release, ok := inventory.Distribution(osVersion)
	if !ok {
		return osPlatform, ""
	}
	return osPlatform, inventory.OSVersion(id, releaseClass(id, release))
}

// platformOf returns the set of the one platform a release is on; nowhere where
// it is not known, so that no condition holds.
func platformOf(osPlatform, osVersion string) platforms {
	switch {
	case osPlatform == inventory.MacOS:
		return onMacOS
	case osPlatform == inventory.Linux:
		id, _, _ := inventory.Distribution(osVersion)
		return linuxPlatform(id)
	case strings.HasPrefix(osPlatform, "Windows"):
		return windowsPlatform(strings.ToLower(osPlatform[len("Windows"):]))
	}
	return nowhere
}

// windowsPlatform reads what follows "windows" in a platform or CPE product:
// "10", "10_1809", "server2012r2", "server_2012_r2".
func windowsPlatform(release string) platforms {
	release = strings.ReplaceAll(strings.Trim(release, "_"), "server_", "server")
	for _, known := range [...]struct {
		prefix string
		set    platforms
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

func linuxPlatform(id string) platforms {
	switch id {
	case "debian":
		return onDebian
	case "ubuntu":
		return onUbuntu
	case "rhel", "centos", "almalinux", "rocky", "ol":
		return onRedHat
	case "opensuse-leap", "opensuse-tumbleweed", "sles", "sled":
		return onSUSE
	case "fedora":
		return onFedora
	}
	return onOtherLinux
}

// conditionPlatforms returns where a condition of a CPE configuration holds:
// nowhere where it is no operating system, since a release does not know what
// else is installed or which hardware it runs on.
func conditionPlatforms(p intel.Platform) platforms {
	if p.Part != "o" {
		return nowhere
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
	return nowhere
}

// required returns where all conditions of a statement hold.
func required(a *intel.Affected) platforms {
	set := anyOf(a.Requires)
	for _, also := range a.RequiresAlso {
		set &= anyOf(also)
	}
	return set
}

func anyOf(conditions []intel.Platform) platforms {
	if len(conditions) == 0 {
		return everywhere
	}
	set := nowhere
	for _, c := range conditions {
		set |= conditionPlatforms(c)
	}
	return set
}

// targetPlatforms reads a CPE's target_sw: the platforms it names, or, where it
// names other software ("wordpress"), that word, which a release must name too.
func targetPlatforms(target string) (set platforms, other string) {
	switch target {
	case "", "-":
		return everywhere, ""
	case "windows", "windows_nt", "microsoft_windows":
		return onWindows, ""
	case "macos", "mac_os", "mac_os_x", "macosx", "mac":
		return onMacOS, ""
	case "linux", "linux_kernel":
		return onLinux, ""
	case "unix":
		return onLinux | onMacOS, ""
	case "iphone_os", "ios", "ipados", "android", "ipad_os", "iphone", "ipad":
		return onMobile, ""
	}
	return everywhere, target
}
