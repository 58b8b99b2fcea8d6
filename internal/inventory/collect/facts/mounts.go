package facts

import (
	"slices"
	"strings"
)

// mountPoints are those whose options are read; others could reveal credentials of network shares.
var mountPoints = [...]string{
	"/boot", "/boot/efi", "/dev/shm", "/home", "/run/shm", "/tmp", "/var", "/var/log", "/var/log/audit", "/var/tmp",
}

// runningMounts reads what is mounted.
func runningMounts(m *Machine) (*Found, error) {
	if !m.Live {
		return nil, nil
	}
	entries, err := m.mountTable("proc/self/mounts")
	if entries == nil {
		return nil, err
	}
	found := NewFound()
	for _, e := range entries {
		if isMountPoint(e.point) { // the later mount hides the earlier
			found.Set(e.point, mountOptions(e.options), e.origin)
		}
	}
	return found, nil
}

func isMountPoint(name string) bool { return slices.Contains(mountPoints[:], name) }

// addMounts adds the mount units that start by themselves.
func (u *units) addMounts(found *Found, t *mountEntries) {
	for _, point := range mountPoints {
		name := mountUnit(point)
		_, inTable := found.Values[point]
		if u.fileOf(name) == "" || inTable && !strings.HasPrefix(u.fileOf(name), "etc/") {
			continue
		}
		masked, err := u.masked(name)
		if err == nil && masked {
			delete(found.Values, point)
			delete(found.Origins, point)
			continue
		}
		if err != nil || !inTable && !u.starts(name) {
			u.loseIf(found, point, name, err)
			continue
		}
		opened, err := u.open(name)
		if err != nil {
			u.loseIf(found, point, name, err)
			continue
		}
		options := opened.last("Mount.Options")
		if options.value == "" {
			options = setting{"defaults", "/" + u.fileOf(name)}
		}
		e := mountEntry{opened.last("Mount.What").value, point, strings.ReplaceAll(options.value, "%%", "%"), options.origin}
		found.Set(point, t.optionsOf(e, 0), options.origin)
	}
	u.loseFolders(found)
}

// loseIf says that a unit could not be read, if there is an error.
func (u *units) loseIf(found *Found, key, unit string, err error) {
	if err == nil {
		return
	}
	delete(found.Values, key)
	delete(found.Origins, key)
	u.Lose(found, key, u.fileOf(unit), err)
}

// mountUnit returns the name of the unit of a mount point ("var-tmp.mount").
func mountUnit(point string) string {
	point = strings.ReplaceAll(strings.Trim(point, "/"), "-", `\x2d`)
	return strings.ReplaceAll(point, "/", "-") + ".mount"
}
