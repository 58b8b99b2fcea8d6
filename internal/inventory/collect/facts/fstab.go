package facts

import (
	"path"
	"slices"
	"strings"
)

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
