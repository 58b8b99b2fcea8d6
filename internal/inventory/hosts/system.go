package hosts

import (
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// system is an operating system in the words of osquery's table os_version: platform is ID of os-release(5),
// "windows" or "darwin"; version is VERSION of os-release.
type system struct{ platform, name, version string }

var (
	// release is a release of a distribution at the beginning of a text, with the service pack that SUSE writes in
	// words ("15-SP5" is 15.5); build is one of Windows in a text.
	release = regexp.MustCompile(`(?:^|\s)v?(\d+(?:\.\d+)*)(?:-SP(\d+))?`)
	build   = regexp.MustCompile(`\b(?:10\.0|6\.[1-3])\.\d{4,5}(?:\.\d+)?\b`)
	// named is a name of Windows.
	named = regexp.MustCompile(`Windows (Server )?(\d+(?:\.\d+)?(?: R2)?)`)
)

// read returns platform and version as reports have them.
func (s *system) read() (platform, version string) {
	switch strings.ToLower(s.platform) {
	case "":
		return "", ""
	case "windows":
		return s.windows()
	case "darwin":
		return inventory.MacOS, s.release()
	}
	return inventory.Linux, inventory.OSVersion(s.id(), s.release())
}

// windows returns platform and build of Windows; the name tells the platform where no build does.
func (s *system) windows() (platform, version string) {
	version = build.FindString(s.version + " " + s.name)
	platform = inventory.WindowsPlatform(version, strings.Contains(s.name, "Server"))
	if m := named.FindStringSubmatch(s.name); platform == "" && m != nil {
		platform = "Windows" + strings.ReplaceAll(m[1]+m[2], " ", "")
	}
	return platform, version
}

// release returns the number of the release.
func (s *system) release() string {
	m := release.FindStringSubmatch(s.version)
	switch {
	case m == nil:
		return ""
	case m[2] != "":
		return m[1] + "." + m[2]
	}
	return inventory.Release(s.id(), m[1])
}

// id returns the id of a distribution, as the collector has it: CentOS Stream has that of CentOS Linux and
// another name.
func (s *system) id() string {
	id := strings.ToLower(s.platform)
	if id == "centos" && strings.Contains(strings.ToLower(s.name), "stream") {
		return "centos-stream"
	}
	return id
}

// distro returns the distro qualifier of package URLs.
func (s *system) distro() string {
	if number := s.release(); number != "" {
		return s.id() + "-" + number
	}
	return s.id()
}
