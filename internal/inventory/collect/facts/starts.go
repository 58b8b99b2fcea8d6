package facts

import (
	"path"
	"slices"
	"strings"
)

// Keys of family services beside units.
const (
	programKey = "program " // a program that something starts
	inetdKey   = "inetd "   // a service of inetd or xinetd
)

// addStarts adds the programs that units start, by themselves or because another does.
func (u *units) addStarts(found *Found) error {
	var todo []string
	for name := range u.wanted {
		todo = append(todo, name)
	}
	for name := range u.aliases {
		if u.starts(name) {
			todo = append(todo, name)
		}
	}
	slices.Sort(todo)
	seen := map[string]bool{}
	for len(todo) > 0 {
		name := todo[0]
		todo = todo[1:]
		if seen[name] || u.fileOf(name) == "" {
			continue
		}
		seen[name] = true
		if masked, err := u.masked(name); masked || err != nil {
			continue // what cannot be read was told of the unit
		}
		opened, err := u.open(name)
		if err != nil {
			u.Lose(found, Any, u.fileOf(name), err)
			continue
		}
		for _, command := range opened.settings["Service.ExecStart"] {
			if program := programOf(command.value); program != "" {
				found.Set(programKey+program, "enabled", command.origin)
			}
		}
		if todo = append(todo, u.startedBy(name, opened)...); len(seen) > maxUnits {
			return errUnits
		}
	}
	return nil
}

// startedBy returns the units that a unit starts.
func (u *units) startedBy(name string, opened *unit) []string {
	var all []string
	for _, kind := range [...]string{"Wants", "Requires", "BindsTo", "Upholds"} {
		for _, s := range opened.settings["Unit."+kind] {
			all = append(all, strings.Fields(s.value)...)
		}
	}
	base := strings.TrimSuffix(name, path.Ext(name))
	var section, setting string
	switch path.Ext(name) {
	case ".socket":
		if section, setting = "Socket", "Service"; isTrue(opened.last("Socket.Accept").value) {
			base += "@"
		}
	case ".path":
		section, setting = "Path", "Unit"
	case ".timer":
		section, setting = "Timer", "Unit"
	default:
		return all
	}
	started := opened.last(section + "." + setting).value
	if started == "" {
		started = base + ".service"
	}
	return append(all, started)
}

// isTrue reports whether a setting of systemd is on.
func isTrue(value string) bool {
	switch strings.ToLower(value) {
	case "1", "yes", "y", "true", "t", "on":
		return true
	}
	return false
}

// programOf returns the name of the program of a command, or "" for a shell, which says nothing.
func programOf(command string) string {
	words, _ := splitCommand(command)
	if len(words) == 0 {
		return ""
	}
	program := path.Base(strings.TrimLeft(words[0].text, "@-:+!|"))
	if program == "sh" || program == "bash" || program == "env" || program == "." || program == "/" {
		return ""
	}
	return program
}

// addInetd adds the services of inetd, if anything starts it.
func (m *Machine) addInetd(found *Found) {
	if !startsAny(found, "inetd", "openbsd-inetd", "inetutils-inetd", "rlinetd") {
		return
	}
	files := []string{"etc/inetd.conf"}
	more, err := m.List("etc/inetd.d")
	if err != nil {
		m.Lose(found, Any, "etc/inetd.d", err)
	}
	for _, name := range more {
		files = append(files, "etc/inetd.d/"+name)
	}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, Any, file, err)
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			fields := strings.Fields(line) // service, type, protocol, wait, user, program, arguments
			if len(fields) < 6 || strings.HasPrefix(fields[0], "#") {
				continue
			}
			addServed(found, fields[0], fields[5:], At(file, number))
		}
	}
}

// startsAny reports whether one of the programs is started.
func startsAny(found *Found, programs ...string) bool {
	return slices.ContainsFunc(programs, func(program string) bool { return found.Values[programKey+program] != "" })
}

// addServed adds a service of inetd or xinetd. The program may be tcpd, which starts another one.
func addServed(found *Found, service string, command []string, origin string) {
	found.Set(inetdKey+service, "enabled", origin)
	if len(command) > 1 && path.Base(command[0]) == "tcpd" {
		command = command[1:]
	}
	if len(command) > 0 && path.Base(command[0]) != "internal" {
		found.Set(programKey+path.Base(command[0]), "enabled", origin)
	}
}

// addSysV adds the scripts that a runlevel starts and that no unit replaces.
func (m *Machine) addSysV(found *Found, u *units) {
	for _, level := range [...]string{"2", "3", "4", "5"} {
		for _, folder := range [...]string{"etc/rc" + level + ".d", "etc/rc.d/rc" + level + ".d"} {
			names, err := m.List(folder)
			if err != nil {
				m.Lose(found, Any, folder, err)
			}
			for _, name := range names {
				m.addScript(found, u, folder, name)
			}
		}
	}
}

// addOpenRC adds the scripts that a runlevel of OpenRC starts.
func (m *Machine) addOpenRC(found *Found) {
	for _, level := range [...]string{"sysinit", "boot", "default"} {
		folder := "etc/runlevels/" + level
		names, err := m.List(folder)
		if err != nil {
			m.Lose(found, Any, folder, err)
		}
		for _, name := range names {
			if m.Exists("etc/init.d/" + name) {
				found.Set(name+".service", "enabled", "/"+folder+"/"+name)
				found.Set(programKey+name, "enabled", "/"+folder+"/"+name)
			}
		}
	}
}

// addScript adds a link of a runlevel: S, two digits and a name start it.
func (m *Machine) addScript(found *Found, u *units, folder, link string) {
	if len(link) < 4 || link[0] != 'S' || strings.Trim(link[1:3], "0123456789") != "" {
		return
	}
	name := link[3:]
	unit := strings.TrimSuffix(name, ".sh") + ".service"
	if m.First("etc/init.d/"+name, "etc/rc.d/init.d/"+name) == "" || u != nil && u.fileOf(unit) != "" {
		return
	}
	origin := "/" + folder + "/" + link
	found.Set(unit, "enabled", origin)
	found.Set(programKey+name, "enabled", origin)
}
