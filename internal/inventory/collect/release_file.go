package collect

import (
	"bufio"
	"bytes"
	"regexp"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// releaseFiles are the files that named the distribution before os-release(5) did; old systems and
// trimmed images have no other. The more precise come first: Oracle Linux has a redhat-release of Red
// Hat's, and Ubuntu a debian_version of Debian's.
var releaseFiles = [...]struct {
	name string
	read func(text string) packages.Release
}{
	{"etc/alpine-release", func(text string) packages.Release { return packages.Release{ID: "alpine", Version: text} }},
	{"etc/oracle-release", readRelease}, {"etc/almalinux-release", readRelease}, {"etc/rocky-release", readRelease},
	{"etc/centos-release", readRelease}, {"etc/fedora-release", readRelease}, {"etc/openEuler-release", readRelease},
	{"etc/mageia-release", readRelease}, {"etc/mariner-release", readRelease}, {"etc/photon-release", readRelease},
	{"etc/redhat-release", readRelease}, {"etc/system-release", readRelease}, {"etc/SuSE-release", readSUSE},
	{"etc/lsb-release", readLSB}, {"etc/debian_version", readDebian},
}

// releaseNames are the names in such files.
var releaseNames = [...]struct{ name, id string }{
	{"almalinux", "almalinux"}, {"rocky linux", "rocky"}, {"centos stream", "centos-stream"}, {"centos", "centos"},
	{"red hat enterprise linux", "rhel"}, {"oracle linux", "ol"}, {"enterprise linux enterprise linux", "ol"},
	{"fedora", "fedora"}, {"amazon linux", "amzn"}, {"openeuler", "openeuler"}, {"mageia", "mageia"},
	{"cbl-mariner", "mariner"}, {"vmware photon", "photon"}, {"suse linux enterprise server", "sles"},
	{"suse linux enterprise desktop", "sled"}, {"opensuse", "opensuse-leap"},
}

func releaseID(text string) string {
	text = strings.ToLower(text)
	for _, known := range releaseNames {
		if strings.HasPrefix(text, known.name) {
			return known.id
		}
	}
	return ""
}

var releaseNumber = regexp.MustCompile(`(?:^|\s)([0-9]+(?:\.[0-9]+)*)(?:\s|$)`)

// readRelease reads "AlmaLinux release 8.10 (Cerulean Leopard)". A name that is not known gives no
// distribution.
func readRelease(text string) packages.Release {
	r := packages.Release{ID: releaseID(text)}
	if number := releaseNumber.FindStringSubmatch(text); number != nil {
		r.Version = number[1]
	}
	return r
}

// readSUSE reads "SUSE Linux Enterprise Server 11 (x86_64)", "VERSION = 11", "PATCHLEVEL = 4".
func readSUSE(text string) packages.Release {
	r := packages.Release{ID: releaseID(text)}
	var pack string
	for line := range strings.Lines(text) {
		name, value, _ := strings.Cut(line, "=")
		switch value = strings.TrimSpace(value); strings.TrimSpace(name) {
		case "VERSION":
			r.Version = value
		case "PATCHLEVEL":
			pack = value
		}
	}
	if pack != "" && pack != "0" && r.Version != "" && !strings.Contains(r.Version, ".") {
		r.Version += "." + pack
	}
	return r
}

// readLSB reads the assignments of Ubuntu's lsb-release.
func readLSB(text string) packages.Release {
	values := parseOSRelease([]byte(text))
	return packages.Release{ID: strings.ToLower(values["DISTRIB_ID"]), Version: values["DISTRIB_RELEASE"]}
}

// readDebian reads "12.5". What is being tested has no number ("trixie/sid").
func readDebian(text string) packages.Release {
	r := packages.Release{ID: "debian"}
	if number := releaseNumber.FindStringSubmatch(text); number != nil {
		r.Version = number[1]
	}
	if id, _, ok := strings.Cut(text, "-"); ok && id == "kali" {
		r.ID = id
	}
	return r
}

// parseOSRelease parses the assignments of an os-release file. It removes quotes like a shell and
// skips lines that are not assignments, as os-release(5) requires.
func parseOSRelease(data []byte) map[string]string {
	values := map[string]string{}
	lines := bufio.NewScanner(bytes.NewReader(data))
	lines.Buffer(nil, disk.MaxSetting+1)
	for lines.Scan() {
		line := strings.TrimSpace(lines.Text())
		name, value, ok := strings.Cut(line, "=")
		if ok && !strings.HasPrefix(line, "#") {
			values[name] = facts.Unquote(value)
		}
	}
	return values
}
