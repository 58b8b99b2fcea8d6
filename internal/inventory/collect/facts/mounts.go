package facts

import "strings"

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

// mountUnit returns the name of the unit of a mount point ("var-tmp.mount").
func mountUnit(point string) string {
	point = strings.ReplaceAll(strings.Trim(point, "/"), "-", `\x2d`)
	return strings.ReplaceAll(point, "/", "-") + ".mount"
}
