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

// systemdMounts are mounted by systemd itself (mount-setup.c), unless something says otherwise.
var systemdMounts = map[string]string{"/dev/shm": "rw,nosuid,nodev"}

// configuredMounts reads what a start mounts: a mount unit of the administrator comes before fstab, and fstab before
// one of the vendor.
func configuredMounts(m *Machine) (*Found, error) {
	entries, err := m.mountTable("etc/fstab")
	if err != nil {
		return nil, err
	}
	u := m.readUnits()
	if entries == nil && u == nil {
		return nil, nil
	}
	found, t := NewFound(), starting(entries, u != nil)
	for point, i := range t.byPoint {
		if isMountPoint(point) {
			found.Set(point, t.optionsOf(t.entries[i], 0), t.entries[i].origin)
		}
	}
	if u != nil {
		u.addMounts(found, t)
	}
	for point, options := range systemdMounts {
		if _, have := found.Values[point]; !have && found.Unread[point] == "" && found.Unread[Any] == "" {
			found.Set(point, options, "systemd")
		}
	}
	return found, nil
}

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

// implied are the options that others stand for as well (mount(8)).
var implied = map[string][]string{
	"user": {"noexec", "nosuid", "nodev"}, "users": {"noexec", "nosuid", "nodev"}, "owner": {"nosuid", "nodev"},
	"group": {"nosuid", "nodev"},
}

// opposites are the options that undo one another.
var opposites = map[string]string{
	"suid": "nosuid", "nosuid": "suid", "dev": "nodev", "nodev": "dev", "exec": "noexec", "noexec": "exec",
	"ro": "rw", "rw": "ro",
}

// mountOptions returns options as mount(8) takes them: of those that undo one another the last one holds, and those
// that another one stands for are named.
func mountOptions(options string) string {
	var all []string
	last := map[string]int{} // of an option and of what undoes it: the place of the last one
	add := func(option string) {
		if other, has := opposites[option]; has {
			last[option], last[other] = len(all), len(all)
		}
		all = append(all, option)
	}
	for option := range strings.SplitSeq(options, ",") {
		add(option)
		for _, one := range implied[option] {
			add(one)
		}
	}
	kept := all[:0]
	for i, option := range all {
		if at, has := last[option]; !has || at == i {
			kept = append(kept, option)
		}
	}
	return strings.Join(kept, ",")
}
