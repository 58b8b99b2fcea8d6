package facts

import (
	"path"
	"strings"
)

// modprobeFolders are in the order of precedence of modprobe.d(5).
var modprobeFolders = [...]string{
	"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d",
}

// modules reads which kernel modules may not be loaded.
func (m *Machine) modules() (Values, error) {
	if m.First(modprobeFolders[:]...) == "" {
		return nil, nil
	}
	files, err := m.DropIns(".conf", modprobeFolders[:]...)
	if err != nil {
		return nil, err
	}
	found := Values{}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			return nil, err
		}
		found.setModules(data)
	}
	return found, nil
}

// setModules applies the rules of one file. Disabled replaces blacklisted.
func (v Values) setModules(data []byte) {
	for line := range strings.Lines(string(data)) {
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		name := strings.ReplaceAll(fields[1], "-", "_")
		switch {
		case fields[0] == "install" && len(fields) > 2 && doesNothing(fields[2]):
			v.set(name, "disabled")
		case fields[0] == "blacklist" && v[name] == "":
			v.set(name, "blacklisted")
		}
	}
}

// doesNothing reports whether the program of an install rule loads no module.
func doesNothing(program string) bool {
	switch path.Base(program) {
	case "true", "false":
		return true
	}
	return false
}
