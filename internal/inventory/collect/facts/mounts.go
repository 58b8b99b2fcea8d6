package facts

import (
	"path"
	"slices"
	"strings"
)

// mountPoints are those whose options are read; others could reveal credentials of network shares.
var mountPoints = [...]string{
	"/boot", "/boot/efi", "/dev/shm", "/home", "/run/shm", "/tmp", "/var", "/var/log", "/var/log/audit", "/var/tmp",
}

// mountEntry is a line of fstab(5) or of what is mounted.
type mountEntry struct{ source, point, options, origin string }

// mountTable reads a file of mounts; nil if it does not exist.
func (m *Machine) mountTable(file string) ([]mountEntry, error) {
	data, err := m.Read(file)
	if err != nil {
		return nil, absent(err)
	}
	all, number := []mountEntry{}, 0
	for line := range strings.Lines(string(data)) {
		number++
		fields := strings.Fields(line) // device, mount point, type, options
		if len(fields) < 3 || fields[0][0] == '#' {
			continue
		}
		e := mountEntry{fields[0], path.Clean(fields[1]), "defaults", At(file, number)}
		if len(fields) > 3 {
			e.options = fields[3]
		}
		all = append(all, e)
	}
	return all, nil
}

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

// mountEntries are the mounts of a start.
type mountEntries struct {
	entries []mountEntry
	byPoint map[string]int // the entry that counts
}

// starting returns those that a start mounts. Of two for one mount point systemd knows the first alone, but for its own
// mounts, which get the options anew; mount -a mounts the later one above.
func starting(entries []mountEntry, systemd bool) *mountEntries {
	t, seen := &mountEntries{entries, map[string]int{}}, map[string]bool{}
	for i, e := range entries {
		_, own := systemdMounts[e.point]
		if (!systemd || own || !seen[e.point]) && mountsItself(e.options, systemd) {
			t.byPoint[e.point] = i
		}
		seen[e.point] = true
	}
	return t
}

// mountsItself reports whether a start mounts an entry, or makes its first use mount it.
func mountsItself(options string, systemd bool) bool {
	itself, automount := true, false
	for option := range strings.SplitSeq(options, ",") {
		switch option {
		case "auto", "noauto":
			itself = option == "auto"
		case "x-systemd.automount", "comment=systemd.automount":
			automount = systemd
		}
	}
	return itself || automount
}

// maxBinds bounds the folders that are mounted upon one another.
const maxBinds = 8

// mountFlags are the options by which one mount of a file system differs from another. Of a folder that is mounted
// without one of them those of its file system's mount hold.
var mountFlags = [...]string{
	"ro", "nosuid", "nodev", "noexec", "noatime", "nodiratime", "relatime", "strictatime", "nosymfollow", "suid", "dev", "exec",
}

// optionsOf returns the options that a mount has. Releases of mount(8) differ in whether a folder that is mounted with
// options of its own keeps the others; it is taken to have only its own.
func (t *mountEntries) optionsOf(e mountEntry, depth int) string {
	options := mountOptions(e.options)
	own := strings.Split(options, ",")
	if !slices.Contains(own, "bind") && !slices.Contains(own, "rbind") || depth == maxBinds ||
		slices.ContainsFunc(own, func(option string) bool { return slices.Contains(mountFlags[:], option) }) {
		return options
	}
	i, ok := t.above(e.source)
	if ok && t.entries[i].point == e.point && e.point != "/" { // what lies below it is meant
		i, ok = t.above(path.Dir(e.point))
	}
	if !ok || t.entries[i].point == e.point {
		return options
	}
	for option := range strings.SplitSeq(t.optionsOf(t.entries[i], depth+1), ",") {
		if slices.Contains(mountFlags[:], option) {
			options = mountOptions(options + "," + option)
		}
	}
	return options
}

// above returns the mount on which a folder lies.
func (t *mountEntries) above(folder string) (int, bool) {
	for folder = path.Clean(folder); ; folder = path.Dir(folder) {
		if i, ok := t.byPoint[folder]; ok {
			return i, true
		}
		if folder == "/" || folder == "." {
			return 0, false
		}
	}
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

// mountUnit returns the name of the unit of a mount point ("var-tmp.mount").
func mountUnit(point string) string {
	point = strings.ReplaceAll(strings.Trim(point, "/"), "-", `\x2d`)
	return strings.ReplaceAll(point, "/", "-") + ".mount"
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
