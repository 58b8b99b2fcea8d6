package facts

import (
	"path"
	"strings"
)

// modprobeFolders are read by modprobe.d(5)'s precedence.
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

// setModules takes the rules of one file. Disabled is more than blacklisted.
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

// doesNothing tells whether a program that an install rule runs loads no module.
func doesNothing(program string) bool {
	switch path.Base(program) {
	case "true", "false":
		return true
	}
	return false
}
