package facts

import (
	"cmp"
	"fmt"
	"path"
	"slices"
	"strings"
)

// Limits of names with wildcards.
const (
	maxWildcards = 1_000 // in all files
	maxPattern   = 256   // bytes of one
)

var errWildcards = fmt.Errorf("more than %d names with wildcards, or one with more than %d bytes",
	maxWildcards, maxPattern)

// assignment is a line of a sysctl.d(5) file.
type assignment struct {
	name   string // with "/", perhaps with wildcards
	value  string
	exempt bool // no value: wildcards leave the name alone
	origin string
	// known is false for what an unreadable file that comes later may undo.
	known bool
	at    int // its place
}

// isPattern reports whether the name has wildcards, as systemd sees it.
func (a *assignment) isPattern() bool { return strings.ContainsAny(a.name, "*?[") }

// assignments are the settings of all files in the order in which systemd-sysctl(8) applies them: each name once,
// where it was given its last value. Names stand for themselves, with wildcards or not.
type assignments struct {
	list      []*assignment // nil: it stands further behind now
	byName    map[string]*assignment
	wildcards int
}

// WithoutIPv6 reports whether the files of sysctl(8) switch IPv6 off, for all interfaces and for new ones.
func WithoutIPv6(m *Machine) bool {
	found, err := configuredSysctls(m)
	return err == nil && found != nil && found.Values["net.ipv6.conf.all.disable_ipv6"] == "1" &&
		found.Values["net.ipv6.conf.default.disable_ipv6"] == "1"
}

// configuredSysctls resolves the settings that a start gives the kernel.
func configuredSysctls(m *Machine) (*Found, error) {
	if m.First(append(sysctlFolders[:], sysctlConf)...) == "" {
		return nil, nil
	}
	files, err := m.sysctlOrder()
	if err != nil {
		return nil, err
	}
	found, all := NewFound(), &assignments{byName: map[string]*assignment{}}
	for _, file := range files {
		if err := m.readSysctls(found, all, file, all); err != nil {
			return nil, err
		}
	}
	later := &assignments{byName: map[string]*assignment{}}
	ufw, unread, err := m.ufwSysctls()
	if err != nil {
		m.Lose(found, Any, unread, err)
		all.forget()
	}
	if ufw != "" {
		if err := m.readSysctls(found, later, ufw, all); err != nil {
			return nil, err
		}
	}
	setSysctls(found, append(all.apply(), later.apply()...))
	return found, nil
}

// readSysctls adds a file. If it cannot be read, what came earlier is not known any more: it may undo that.
func (m *Machine) readSysctls(found *Found, all *assignments, file string, earlier *assignments) error {
	data, err := m.Read(file)
	if err == nil {
		return all.add(file, data)
	}
	m.Lose(found, Any, file, err)
	earlier.forget()
	return nil
}

// forget says that what is set so far may be undone.
func (a *assignments) forget() {
	for _, one := range a.byName {
		one.known = false
	}
}

// add adds the lines of a file. A name that gets the value that it has keeps its place, one that gets
// another moves to the end.
func (a *assignments) add(file string, data []byte) error {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' || line[0] == ';' {
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		name, quiet := strings.CutPrefix(strings.TrimSpace(name), "-")
		if !ok && !quiet {
			continue
		}
		next := &assignment{sysctlPath(name), strings.TrimSpace(value), !ok, At(file, number), true, 0}
		if next.isPattern() {
			if a.wildcards++; a.wildcards > maxWildcards || len(next.name) > maxPattern {
				return errWildcards
			}
		}
		a.put(next)
	}
	return nil
}

// put adds one assignment.
func (a *assignments) put(next *assignment) {
	if have := a.byName[next.name]; have != nil {
		if have.value == next.value && have.exempt == next.exempt {
			have.known = true
			return
		}
		a.list[have.at] = nil
	}
	next.at = len(a.list)
	a.byName[next.name] = next
	a.list = append(a.list, next)
}

// written is a value that the kernel gets, under the name that facts have.
type written struct {
	name, value, origin string
	known               bool
}

// apply returns what is written, in order: wildcards leave names alone that are set by themselves, earlier or later.
func (a *assignments) apply() []written {
	var all []written
	for _, next := range a.list {
		if next == nil {
			continue
		}
		for _, name := range affected(next, a.byName) {
			all = append(all, written{name, next.value, next.origin, next.known})
		}
	}
	return all
}

// affected returns the names in sysctls that an assignment writes.
func affected(a *assignment, explicit map[string]*assignment) []string {
	switch {
	case a.exempt:
		return nil
	case !a.isPattern():
		if name := strings.ReplaceAll(a.name, "/", "."); slices.Contains(sysctls[:], name) && sysctlPath(name) == a.name {
			return []string{name}
		}
		return nil
	}
	var names []string
	for _, name := range sysctls {
		known := sysctlPath(name)
		if match, err := path.Match(globOf(a.name), known); err == nil && match && explicit[known] == nil {
			names = append(names, name)
		}
	}
	return names
}

// globOf turns a pattern of glob(3) into one of package path.
func globOf(pattern string) string { return strings.ReplaceAll(pattern, "[!", "[^") }

// spread has the settings that the kernel changes with another (ip-sysctl.rst): what holds for all interfaces holds for
// new ones, too.
var spread = map[string][]string{
	"net.ipv4.ip_forward":            {"net.ipv4.conf.all.forwarding", "net.ipv4.conf.default.forwarding"},
	"net.ipv4.conf.all.forwarding":   {"net.ipv4.ip_forward", "net.ipv4.conf.default.forwarding"},
	"net.ipv6.conf.all.forwarding":   {"net.ipv6.conf.default.forwarding"},
	"net.ipv6.conf.all.disable_ipv6": {"net.ipv6.conf.default.disable_ipv6"},
}

// setSysctls turns what is written into facts. What is not known any more is left out; why is in found.Unread.
func setSysctls(found *Found, all []written) {
	for _, w := range all {
		for _, name := range append([]string{w.name}, spread[w.name]...) {
			if !w.known {
				delete(found.Values, name)
				delete(found.Origins, name)
				continue
			}
			found.Set(name, strings.Join(strings.Fields(cmp.Or(w.value, "")), " "), w.origin)
		}
	}
}
