package collect

import (
	"cmp"
	"errors"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
)

// machineIDForm is what machine-id(5) allows; an image that was never started
// says "uninitialized" or nothing.
var machineIDForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

// machineID is the machine's own id, or "". It is confidential by
// machine-id(5): only what is derived from it may leave the machine.
func (m *machine) machineID() string {
	for _, name := range []string{"etc/machine-id", "var/lib/dbus/machine-id"} {
		data, err := m.read(name)
		if id := strings.TrimSpace(string(data)); err == nil && machineIDForm.MatchString(id) {
			return id
		}
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			m.warn(name, err)
		}
	}
	return ""
}

// hostName is the machine's name, fully qualified when /etc/hosts knows the
// domain, or "". DNS is never asked.
func (m *machine) hostName() string {
	name, err := m.ownName()
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		m.warn("host name", err)
	}
	if name == "" || strings.Contains(name, ".") {
		return name
	}
	if hosts, err := m.read("etc/hosts"); err == nil {
		return qualify(name, hosts)
	}
	return name
}

// ownName is the name without regard to a domain.
func (m *machine) ownName() (string, error) {
	if m.live {
		return os.Hostname()
	}
	data, err := m.read("etc/hostname")
	return firstLine(data), err
}

// firstLine is the first line that is neither empty nor a comment (hostname(5)).
func firstLine(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line
		}
	}
	return ""
}

// qualify finds name with a domain on a line of hosts(5) that names the host,
// and returns name when there is none.
func qualify(name string, hosts []byte) string {
	for line := range strings.Lines(string(hosts)) {
		line, _, _ = strings.Cut(line, "#")
		fields := strings.Fields(line)
		for _, field := range fields[min(1, len(fields)):] {
			if len(field) > len(name)+1 && strings.EqualFold(field[:len(name)+1], name+".") {
				return field
			}
		}
	}
	return name
}

// architecture is the machine's in the wire contract's spelling. A copied
// machine has that of most of its packages; "" when they do not say.
func (m *machine) architecture(software []inventory.Software) string {
	if m.live {
		return spellArchitecture(runtime.GOARCH)
	}
	count := map[string]int{}
	for _, s := range software {
		purl, err := packageurl.FromString(s.PURL)
		if err != nil {
			continue
		}
		if arch := purl.Qualifiers.Map()["arch"]; arch != "all" && arch != "noarch" {
			count[spellArchitecture(arch)]++
		}
	}
	most := ""
	for arch, n := range count {
		if cmp.Or(cmp.Compare(n, count[most]), cmp.Compare(most, arch)) > 0 {
			most = arch
		}
	}
	return most
}

// architectures maps the words of Go, Debian, RPM, Alpine and Windows to those of
// the wire contract; other architectures keep the word they came with.
var architectures = map[string][]string{
	"x64":   {"amd64", "x86_64", "x64"},
	"x86":   {"386", "i386", "i486", "i586", "i686", "x86"},
	"arm64": {"arm64", "aarch64"},
	"arm":   {"arm", "armhf", "armel", "armv7", "armv7hl", "armv7l"},
}

// spellArchitecture returns the wire contract's word for an architecture.
func spellArchitecture(arch string) string {
	arch = strings.ToLower(arch)
	for word, others := range architectures {
		if slices.Contains(others, arch) {
			return word
		}
	}
	return arch
}
