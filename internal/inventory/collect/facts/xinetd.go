package facts

import (
	"slices"
	"strings"
)

// xinetd has what the files of xinetd(8) say.
type xinetd struct {
	services []xinetdService
	// disabled and enabled are lists of the block of defaults (xinetd.conf(5)). Where there are enabled ones, all others
	// are not.
	disabled, enabled []string
}

// xinetdService is a service that its own block does not disable.
type xinetdService struct {
	name, id string
	server   []string
	origin   string
}

// addXinetd adds the services of xinetd, if anything starts it.
func (m *Machine) addXinetd(found *Found) {
	if !startsAny(found, "xinetd") {
		return
	}
	files := []string{"etc/xinetd.conf"}
	more, err := m.List("etc/xinetd.d")
	if err != nil {
		m.Lose(found, Any, "etc/xinetd.d", err)
	}
	for _, name := range more {
		if !strings.Contains(name, ".") && !strings.HasSuffix(name, "~") { // xinetd.conf(5), includedir
			files = append(files, "etc/xinetd.d/"+name)
		}
	}
	x := &xinetd{}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, Any, file, err)
			continue
		}
		x.read(file, data)
	}
	x.addTo(found)
}

// addTo adds the services that are not disabled.
func (x *xinetd) addTo(found *Found) {
	for _, s := range x.services {
		if !slices.Contains(x.disabled, s.id) && (x.enabled == nil || slices.Contains(x.enabled, s.id)) {
			addServed(found, s.name, s.server, s.origin)
		}
	}
}

// read adds the blocks of a file.
func (x *xinetd) read(file string, data []byte) {
	var s xinetdService // without a name in the block of defaults
	disabled, number := false, 0
	for line := range strings.Lines(string(data)) {
		number++
		fields := strings.Fields(line)
		switch {
		case len(fields) == 0 || strings.HasPrefix(fields[0], "#"):
		case fields[0] == "service" && len(fields) > 1:
			name := strings.TrimSuffix(fields[1], "{")
			s, disabled = xinetdService{name: name, id: name, origin: At(file, number)}, false
		case fields[0] == "}":
			if s.name != "" && !disabled {
				x.services = append(x.services, s)
			}
			s = xinetdService{}
		default:
			name, value, _ := strings.Cut(strings.TrimSpace(line), "=")
			values := strings.Fields(value)
			switch strings.TrimRight(name, " \t+-") {
			case "disable":
				disabled = isTrue(strings.TrimSpace(value))
			case "server":
				s.server = values
			case "id":
				s.id = strings.TrimSpace(value)
			case "disabled":
				x.disabled = append(x.disabled, values...)
			case "enabled":
				x.enabled = append(x.enabled, values...)
			}
		}
	}
}
