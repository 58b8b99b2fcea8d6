package collect

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"regexp"
	"runtime"
	"slices"
	"strings"

	"github.com/package-url/packageurl-go"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/collect/disk"
	"github.com/muster-project/muster/internal/inventory/collect/packages"
)

// machineIDForm is what machine-id(5) allows; an image that was never started
// says "uninitialized" or nothing.
var machineIDForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

var errNoMachineID = errors.New("it holds no machine id")

// identity says which machine it is.
type identity struct {
	release       packages.Release
	releaseUnread bool   // the distribution is not known, though the machine says it somewhere
	name          string // "": unknown
	id            string // "": what it is made from could not be read, and another id would be another device
}

// identify reads which machine it is.
func (m *machine) identify(ctx context.Context, config Config) identity {
	type releaseFound struct {
		packages.Release
		unread bool
	}
	found, err := look(ctx, m, config, disk.MaxSettings, func(own *machine) (releaseFound, error) {
		r, unread := own.findRelease(config)
		return releaseFound{r, unread}, nil
	})
	if err != nil {
		m.warn("etc/os-release", err)
		found.unread = true
	}
	who := identity{release: found.Release, releaseUnread: found.unread, name: config.Name}
	certain := true
	if who.name == "" {
		who.name, err = look(ctx, m, config, disk.MaxSettings, (*machine).hostName)
		if err != nil {
			m.warn("host name", err)
			certain = false
		}
	}
	machineID, err := look(ctx, m, config, disk.MaxSettings, (*machine).machineID)
	if err != nil {
		m.warn("etc/machine-id", err)
		certain = false
	}
	if certain {
		who.id = inventory.DeriveID(machineID, who.name)
	}
	return who
}

// machineID is the machine's own id, or "" where it has none. It is confidential by
// machine-id(5): only what is derived from it may leave the machine. The error is
// that of a file that should hold it and does not.
func (m *machine) machineID() (string, error) {
	var failed error
	for _, name := range []string{"etc/machine-id", "var/lib/dbus/machine-id"} {
		data, err := m.Read(name)
		id := strings.TrimSpace(string(data))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			failed = cmp.Or(failed, err)
		case machineIDForm.MatchString(id):
			return id, nil
		case id != "" && id != "uninitialized":
			failed = cmp.Or(failed, fmt.Errorf("%q: %w", name, errNoMachineID))
		}
	}
	return "", failed
}

// hostName is the machine's name, fully qualified when /etc/hosts knows the
// domain, or "". DNS is never asked. Beside an error the name may lack its domain.
func (m *machine) hostName() (string, error) {
	name, err := m.ownName()
	if errors.Is(err, fs.ErrNotExist) {
		return "", nil
	}
	if err == nil && name != "" {
		err = checkName(name)
	}
	if err != nil {
		return "", err
	}
	if name == "" || strings.Contains(name, ".") {
		return name, nil
	}
	hosts, err := m.Read("etc/hosts")
	if errors.Is(err, fs.ErrNotExist) {
		return name, nil
	}
	if err != nil {
		return name, err
	}
	full := qualify(name, hosts)
	if err := checkName(full); err != nil {
		return name, err
	}
	return full, nil
}

// checkName returns the error that a report of a device of that name would get.
func checkName(name string) error {
	return (&inventory.Report{Device: inventory.Device{Name: name}}).Validate()
}

// ownName is the name without regard to a domain.
func (m *machine) ownName() (string, error) {
	if m.Live {
		return os.Hostname()
	}
	data, err := m.Read("etc/hostname")
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
	if m.Live {
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
