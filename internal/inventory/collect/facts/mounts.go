package facts

import (
	"slices"
	"strings"
)

// mountPoints are those whose options are read; others could reveal credentials of network shares.
var mountPoints = [...]string{
	"/boot", "/boot/efi", "/dev/shm", "/home", "/run/shm", "/tmp", "/var", "/var/log", "/var/log/audit", "/var/tmp",
}

// mounts reads what is mounted, or what a copied machine mounts at its start.
func (m *Machine) mounts() (Values, error) {
	file := "etc/fstab"
	if m.Live {
		file = "proc/self/mounts"
	}
	data, err := m.Read(file)
	if err != nil {
		return nil, absent(err)
	}
	found := Values{}
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line) // device, mount point, type, options
		if len(fields) < 4 || fields[0][0] == '#' {
			continue
		}
		if slices.Contains(mountPoints[:], fields[1]) {
			found[fields[1]] = fields[3] // the later mount hides the earlier
		}
	}
	return found, nil
}
