// Package windows knows the releases of Windows: which CPE products a build of a platform is, and how
// platforms are called in rows and at endoflife.date. Client and server releases share builds, so a
// platform ("Windows11", "WindowsServer2025") is always part of the question.
package windows

import "strings"

// release is one release of Windows: a build of a platform.
type release struct {
	platform string
	build    int
	// products are the spellings of its CPE product; all vendors are microsoft. CNA and NVD differ
	// (matching.md, 3.3, trap 2).
	products []string
}

// The releases. Client and server share builds, so the platform is part of the key. A build that
// is not listed has no CPE.
var releases = [...]release{
	{"Windows7", 7601, []string{"windows_7", "windows_7_sp1"}},
	{"Windows8", 9200, []string{"windows_8"}},
	{"Windows8.1", 9600, []string{"windows_8.1"}},
	{"Windows10", 10240, []string{"windows_10_1507"}},
	{"Windows10", 10586, []string{"windows_10_1511"}},
	{"Windows10", 14393, []string{"windows_10_1607"}},
	{"Windows10", 15063, []string{"windows_10_1703"}},
	{"Windows10", 16299, []string{"windows_10_1709"}},
	{"Windows10", 17134, []string{"windows_10_1803"}},
	{"Windows10", 17763, []string{"windows_10_1809"}},
	{"Windows10", 18362, []string{"windows_10_1903"}},
	{"Windows10", 18363, []string{"windows_10_1909"}},
	{"Windows10", 19041, []string{"windows_10_2004"}},
	{"Windows10", 19042, []string{"windows_10_20h2"}},
	{"Windows10", 19043, []string{"windows_10_21h1"}},
	{"Windows10", 19044, []string{"windows_10_21h2"}},
	{"Windows10", 19045, []string{"windows_10_22h2"}},
	{"Windows11", 22000, []string{"windows_11_21h2"}},
	{"Windows11", 22621, []string{"windows_11_22h2"}},
	{"Windows11", 22631, []string{"windows_11_23h2", "windows_11_22h3"}},
	{"Windows11", 26100, []string{"windows_11_24h2"}},
	{"Windows11", 26200, []string{"windows_11_25h2"}},
	{"Windows11", 28000, []string{"windows_11_26h1"}},
	{"WindowsServer2008", 6002, []string{"windows_server_2008_sp2", "windows_server_2008"}},
	{"WindowsServer2008", 6003, []string{"windows_server_2008_sp2", "windows_server_2008"}},
	{"WindowsServer2008R2", 7601, []string{"windows_server_2008_r2", "windows_server_2008_r2_sp1"}},
	{"WindowsServer2012", 9200, []string{"windows_server_2012"}},
	{"WindowsServer2012R2", 9600, []string{"windows_server_2012_r2"}},
	{"WindowsServer2016", 14393, []string{"windows_server_2016"}},
	{"WindowsServer2019", 17763, []string{"windows_server_2019"}},
	{"WindowsServer2019", 18363, []string{"windows_server_1909"}},
	{"WindowsServer2019", 19041, []string{"windows_server_2004"}},
	{"WindowsServer2019", 19042, []string{"windows_server_20h2"}},
	{"WindowsServer2022", 20348, []string{"windows_server_2022"}},
	{"WindowsServer2022", 25398, []string{"windows_server_23h2", "windows_server_2022_23h2"}},
	{"WindowsServer2025", 26100, []string{"windows_server_2025"}},
}

// Products returns the CPE products of a build ("26100") of a platform; all are of the vendor
// microsoft. There are none for an unknown build.
func Products(platform string, build int) []string {
	for _, r := range releases {
		if r.platform == platform && r.build == build {
			return r.products
		}
	}
	return nil
}

// NewestBuild returns the greatest known build.
func NewestBuild() int {
	newest := 0
	for _, r := range releases {
		newest = max(newest, r.build)
	}
	return newest
}

// Name returns a platform as a product: "WindowsServer2012R2" is "windows_server_2012_r2".
func Name(platform string) string {
	release := strings.TrimPrefix(platform, "Windows")
	release = strings.Replace(release, "Server", "server_", 1)
	release = strings.Replace(release, "R2", "_r2", 1)
	return "windows_" + strings.ToLower(release)
}

// Platform returns the platform of a product as Name writes it, "" if there is none.
func Platform(name string) string {
	for _, r := range releases {
		if Name(r.platform) == name {
			return r.platform
		}
	}
	return ""
}

// Cycle returns the prefix of a platform's cycles at endoflife.date: "10-" for "10-22h2",
// "2012-r2" for itself.
func Cycle(platform string) string {
	release := strings.TrimPrefix(platform, "Windows")
	if server, ok := strings.CutPrefix(release, "Server"); ok {
		return strings.Replace(server, "R2", "-r2", 1)
	}
	switch release {
	case "10", "11", "7":
		return release + "-"
	}
	return release
}

// Version returns the release of a build as people call it: "1809", "24H2". Servers have that of the
// client of the same build. It is "" for a build of no such release.
func Version(build int) string {
	switch build { // of servers alone
	case 20348:
		return "21H2"
	case 25398:
		return "23H2"
	}
	for _, r := range releases {
		if r.build == build && (r.platform == "Windows10" || r.platform == "Windows11") {
			return strings.ToUpper(r.products[0][strings.LastIndexByte(r.products[0], '_')+1:])
		}
	}
	return ""
}
