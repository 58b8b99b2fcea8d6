package inventory

import (
	"strconv"
	"strings"
)

// Linux is the osPlatform of all Linux distributions.
const Linux = "Linux"

// MacOS is the osPlatform of all versions of macOS.
const MacOS = "macOS"

// distribution has the spellings of a Linux distribution.
type distribution struct {
	// id is ID of os-release(5).
	id string
	// word begins the osVersion of the wire contract, section 4.
	word string
	// vendor is the softwareVendor of the distribution's packages.
	vendor string
	// parts is how many numbers of VERSION_ID distinguish its releases, if it has more: Alpine's
	// branch is 3.20, not 3.20.3. Zero keeps all.
	parts int
	// other are further spellings of the id in package URLs and SBOMs.
	other []string
}

// distributions are the known ones. Where one word begins another ("opensuse_leap",
// "opensuse_leap_micro"), the longer one that fits an osVersion counts.
var distributions = [...]distribution{
	{id: "rhel", word: "enterprise_linux", vendor: "red_hat", other: []string{"redhat", "red-hat-enterprise-linux"}},
	{id: "centos", word: "centos_linux", vendor: "centos", other: []string{"centos-linux"}},
	{id: "centos-stream", word: "centos_stream", vendor: "centos"},
	{id: "almalinux", word: "almalinux", vendor: "almalinux", other: []string{"alma", "alma-linux"}},
	{id: "rocky", word: "rocky_linux", vendor: "rocky", other: []string{"rocky-linux"}},
	{id: "ol", word: "oracle_linux", vendor: "oracle", other: []string{"oracle", "oraclelinux", "oracle-linux", "oracle-linux-server"}},
	{id: "fedora", word: "fedora_linux", vendor: "fedora", other: []string{"fedora-linux"}},
	{id: "amzn", word: "amazon_linux", vendor: "amazon", other: []string{"amazon", "amazon-linux"}},
	{id: "debian", word: "debian_linux", vendor: "debian", parts: 1, other: []string{"debian-gnu/linux"}},
	{id: "ubuntu", word: "ubuntu_linux", vendor: "ubuntu", parts: 2},
	{id: "linuxmint", word: "linux_mint", vendor: "linux_mint"},
	{id: "kali", word: "kali_linux", vendor: "kali"},
	{id: "alpine", word: "alpine_linux", vendor: "alpine", parts: 2, other: []string{"alpine-linux"}},
	{id: "wolfi", word: "wolfi_linux", vendor: "wolfi"},
	{id: "chainguard", word: "chainguard_linux", vendor: "chainguard"},
	{id: "opensuse-leap", word: "opensuse_leap", vendor: "opensuse", other: []string{"opensuse.leap", "opensuse"}},
	{id: "opensuse-leap-micro", word: "opensuse_leap_micro", vendor: "opensuse"},
	{id: "opensuse-tumbleweed", word: "opensuse_tumbleweed", vendor: "opensuse", other: []string{"opensuse.tumbleweed", "opensuse-microos"}},
	{id: "sles", word: "suse_linux_enterprise_server", vendor: "suse",
		other: []string{"suse-linux-enterprise-server"}},
	{id: "sled", word: "suse_linux_enterprise_desktop", vendor: "suse"},
	{id: "sles_sap", word: "suse_linux_enterprise_server_for_sap_applications", vendor: "suse",
		other: []string{"sles-sap", "sles.sap"}},
	{id: "sle_hpc", word: "suse_linux_enterprise_high_performance_computing", vendor: "suse",
		other: []string{"sle-hpc"}},
	{id: "sle-micro", word: "suse_linux_enterprise_micro", vendor: "suse",
		other: []string{"sl-micro", "suse-microos"}},
	{id: "azurelinux", word: "azure_linux", vendor: "microsoft", parts: 2, other: []string{"azl", "azure-linux", "microsoft-azure-linux"}},
	{id: "mariner", word: "cbl_mariner", vendor: "microsoft", parts: 2, other: []string{"cbl-mariner", "common-base-linux-mariner"}},
	{id: "photon", word: "photon_os", vendor: "vmware", other: []string{"photon-os", "vmware-photon-os"}},
	{id: "openeuler", word: "openeuler", vendor: "openeuler"},
	{id: "mageia", word: "mageia_linux", vendor: "mageia"},
	{id: "minimos", word: "minimos", vendor: "minimus", other: []string{"minimus"}},
	{id: "echo", word: "echo_linux", vendor: "echo"},
	{id: "alpaquita", word: "alpaquita_linux", vendor: "bellsoft"},
	{id: "bellsoft-hardened-containers", word: "bellsoft_hardened_containers", vendor: "bellsoft"},
	{id: "cleanstart", word: "cleanstart", vendor: "cleanstart"},
	{id: "arch", word: "arch_linux", vendor: "arch"},
	{id: "pop", word: "pop", vendor: "pop"},
	{id: "zorin", word: "zorin", vendor: "zorin"},
	{id: "elementary", word: "elementary", vendor: "elementary"},
	{id: "neon", word: "neon", vendor: "neon"},
	{id: "raspbian", word: "raspbian", vendor: "raspbian"},
	{id: "devuan", word: "devuan", vendor: "devuan"},
}

// findDistribution returns the distribution with an id, in any spelling, or with the name that its
// os-release has.
func findDistribution(id string) (distribution, bool) {
	id = strings.ReplaceAll(strings.ToLower(id), " ", "-")
	for _, d := range distributions {
		if d.id == id {
			return d, true
		}
		for _, other := range d.other {
			if other == id {
				return d, true
			}
		}
	}
	return distribution{}, false
}

// IsDistribution reports whether a distribution with that id is known, in any spelling of the id.
func IsDistribution(id string) bool {
	_, ok := findDistribution(id)
	return ok
}

// Distribution splits a Linux device's osVersion into the distribution, by its ID of
// os-release(5), and the release: "enterprise_linux_9.4" is "rhel" and "9.4". The release is empty
// for a rolling distribution; ok is false if osVersion names no known distribution.
func Distribution(osVersion string) (id, release string, ok bool) {
	osVersion = strings.ToLower(osVersion)
	longest := 0
	for _, d := range distributions {
		rest, found := strings.CutPrefix(osVersion, d.word)
		if found && len(d.word) > longest && (rest == "" || rest[0] == '_') {
			id, release, ok = d.id, strings.TrimPrefix(rest, "_"), true
			longest = len(d.word)
		}
	}
	return centOS(id, release), release, ok
}

// centOS tells CentOS Stream from CentOS Linux where both have the ID centos: CentOS Linux ended
// with 8.
func centOS(id, release string) string {
	release, _, _ = strings.Cut(release, ".")
	if number, err := strconv.Atoi(release); id == "centos" && err == nil && number > 8 {
		return "centos-stream"
	}
	return id
}

// OSVersion returns a Linux device's osVersion in the wire contract's spelling, from ID and
// VERSION_ID of os-release(5): "rhel" and "9.4" give "enterprise_linux_9.4". An unknown ID keeps
// its own word.
func OSVersion(id, versionID string) string {
	word := strings.ReplaceAll(strings.ToLower(id), "-", "_")
	versionID = strings.ToLower(strings.TrimSpace(versionID))
	id = centOS(strings.ToLower(id), versionID)
	if d, ok := findDistribution(id); ok {
		word = d.word
		versionID = leadingParts(versionID, d.parts)
	}
	if word == "" || versionID == "" {
		return word
	}
	return word + "_" + versionID
}

// Release returns the part of a distribution's version that VERSION_ID of os-release(5) has: "22.04.5" of
// Ubuntu, as tools take it from VERSION, gives "22.04". Alpine has the whole version there.
func Release(id, version string) string {
	d, _ := findDistribution(id)
	if d.id == "alpine" {
		return version
	}
	return leadingParts(version, d.parts)
}

// leadingParts returns the first n parts of a dotted version; zero keeps all.
func leadingParts(version string, n int) string {
	parts := strings.Split(version, ".")
	if n == 0 || len(parts) <= n {
		return version
	}
	return strings.Join(parts[:n], ".")
}

// PackageVendor returns the softwareVendor of a distribution's packages (contract.md, section 4)
// by its ID of os-release(5): "rhel" gives "red_hat". An unknown ID is its own vendor, in the
// contract's spelling.
func PackageVendor(id string) string {
	if d, ok := findDistribution(id); ok {
		return d.vendor
	}
	return strings.ReplaceAll(strings.ToLower(id), "-", "_")
}

// windowsRelease is the first build with a name.
type windowsRelease struct {
	build    int
	platform string
}

// The releases of Windows, newest first. Clients and servers share builds
// (17763 is Windows 10 1809 and Server 2019), so each has its own list.
var (
	windowsClients = [...]windowsRelease{
		{22000, "Windows11"}, {10240, "Windows10"}, {9600, "Windows8.1"}, {9200, "Windows8"}, {7600, "Windows7"},
	}
	windowsServers = [...]windowsRelease{
		{26040, "WindowsServer2025"}, {20201, "WindowsServer2022"}, {17623, "WindowsServer2019"},
		{14300, "WindowsServer2016"}, {9600, "WindowsServer2012R2"}, {9200, "WindowsServer2012"},
		{7600, "WindowsServer2008R2"}, {6001, "WindowsServer2008"},
	}
)

// WindowsPlatform returns the osPlatform of a Windows device from its version ("10.0.22631.4751")
// or bare build number ("22631"), and whether it is a server. Semi-annual server releases count as
// the long-term one before them. It is empty if build is older than all names here, or not a
// build.
func WindowsPlatform(build string, server bool) string {
	if parts := strings.Split(build, "."); len(parts) >= 3 {
		build = parts[2]
	}
	number, err := strconv.Atoi(build)
	if err != nil {
		return ""
	}
	releases := windowsClients[:]
	if server {
		releases = windowsServers[:]
	}
	for _, r := range releases {
		if number >= r.build {
			return r.platform
		}
	}
	return ""
}

// spellPlatform returns the contract's spelling of a platform in any case; an unknown word stays
// as it is.
func spellPlatform(platform string) string {
	for _, known := range []string{Linux, MacOS} {
		if strings.EqualFold(platform, known) {
			return known
		}
	}
	for _, releases := range [][]windowsRelease{windowsClients[:], windowsServers[:]} {
		for _, r := range releases {
			if strings.EqualFold(platform, r.platform) {
				return r.platform
			}
		}
	}
	return platform
}
