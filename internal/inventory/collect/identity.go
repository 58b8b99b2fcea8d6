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

// machineIDForm is the form required by machine-id(5); an image that was never started has
// "uninitialized" or nothing.
var machineIDForm = regexp.MustCompile(`^[0-9a-f]{32}$`)

var errNoMachineID = errors.New("it contains no machine id")

// identity identifies the machine.
type identity struct {
	release       packages.Release
	releaseUnread bool   // a file with the distribution could not be read
	name          string // "": unknown
	id            string // "": its inputs could not be read, and another id would be another device's
}

// identify identifies the machine.
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

// machineID returns the machine's own id, or "" if it has none. The id is confidential by
// machine-id(5): only values derived from it may leave the machine. The error is that of a file
// that should contain it and does not.
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

// hostName returns the machine's name, fully qualified if /etc/hosts has the domain, or "". It
// does not use DNS. If there is an error, the name may lack its domain.
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

// checkName returns the error for a report of a device with that name.
func checkName(name string) error {
	return (&inventory.Report{Device: inventory.Device{Name: name}}).Validate()
}

// ownName returns the name without adding a domain.
func (m *machine) ownName() (string, error) {
	if m.Live {
		return os.Hostname()
	}
	data, err := m.Read("etc/hostname")
	return firstLine(data), err
}

// firstLine returns the first line that is neither empty nor a comment (hostname(5)).
func firstLine(data []byte) string {
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); line != "" && line[0] != '#' {
			return line
		}
	}
	return ""
}

// qualify finds name with a domain on a line of hosts(5) for the host, and returns name if there
// is none.
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

// architecture returns the machine's architecture in the wire contract's spelling. For a copied
// machine it is that of most packages; "" if they have none.
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

// architectures maps the names used by Go, Debian, RPM, Alpine and Windows to those of the wire
// contract; other architectures keep their name.
var architectures = map[string][]string{
	"x64":   {"amd64", "x86_64", "x64"},
	"x86":   {"386", "i386", "i486", "i586", "i686", "x86"},
	"arm64": {"arm64", "aarch64"},
	"arm":   {"arm", "armhf", "armel", "armv7", "armv7hl", "armv7l"},
}

// spellArchitecture returns the wire contract's name of an architecture.
func spellArchitecture(arch string) string {
	arch = strings.ToLower(arch)
	for word, others := range architectures {
		if slices.Contains(others, arch) {
			return word
		}
	}
	return arch
}
