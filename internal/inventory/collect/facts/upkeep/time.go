package upkeep

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// Limits of files that include one another.
const (
	maxTimeFiles = 200
	maxTimeDepth = 10 // chrony.conf(5): "nested up to 10 levels"
)

var errIncludes = fmt.Errorf("more than %d files include one another, or more than %d levels", maxTimeFiles, maxTimeDepth)

// timeReader reads the files of one program.
type timeReader struct {
	m      *facts.Machine
	found  *facts.Found
	key    string
	files  int
	names  map[string]bool
	ntpsec bool
}

// timeSources reads from where each program that keeps the time has it. Whether the program starts is in services.
func timeSources(m *facts.Machine) (*facts.Found, error) {
	found := facts.NewFound()
	programs := 0
	if file := m.First("etc/chrony/chrony.conf", "etc/chrony.conf"); file != "" {
		programs++
		r := &timeReader{m: m, found: found, key: "chrony", names: map[string]bool{}}
		found.Set("chrony", "", "")
		r.add(file, 0)
		r.end()
	}
	if file := m.First("etc/ntpsec/ntp.conf", "etc/ntp.conf"); file != "" {
		programs++
		r := &timeReader{m: m, found: found, key: "ntp", names: map[string]bool{}, ntpsec: strings.Contains(file, "ntpsec")}
		found.Set("ntp", "", "")
		r.add(file, 0)
		if r.ntpsec {
			r.folder("etc/ntpsec/ntp.d", ".conf", 1)
		}
		r.end()
	}
	if addTimesyncd(m, found) {
		programs++
	}
	if programs == 0 {
		return nil, nil
	}
	return found, nil
}

// lose says that a file could not be read: what is known of sources is not all.
func (r *timeReader) lose(file string, err error) { r.m.Lose(r.found, r.key, file, err) }

// end removes a value that is not certain: no source, if a file could not be read.
func (r *timeReader) end() {
	if r.found.Unread[r.key] != "" && r.found.Values[r.key] == "" {
		delete(r.found.Values, r.key)
		delete(r.found.Origins, r.key)
	}
}

// add reads a file.
func (r *timeReader) add(file string, depth int) {
	if r.files++; r.files > maxTimeFiles || depth > maxTimeDepth {
		r.lose(file, errIncludes)
		return
	}
	data, err := r.m.Read(file)
	if err != nil {
		r.lose(file, err)
		return
	}
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsRune("#!;%", rune(line[0])) {
			continue
		}
		fields := strings.Fields(line)
		if len(fields) < 2 {
			continue
		}
		r.directive(strings.ToLower(fields[0]), fields[1:], file, facts.At(file, number), depth)
	}
}

// directive does a line of a file.
func (r *timeReader) directive(name string, arguments []string, file, origin string, depth int) {
	chrony := r.key == "chrony"
	switch name {
	case "server", "pool", "peer", "refclock":
		at := 0
		if !chrony && (arguments[0] == "-4" || arguments[0] == "-6") && len(arguments) > 1 {
			at = 1
		}
		r.source(arguments[at], origin)
	case "user":
		if chrony {
			r.found.Set("chrony user", arguments[0], origin)
		}
	case "include", "includefile":
		if chrony == (name == "include") {
			r.glob(arguments[0], file, depth)
		}
	case "confdir", "sourcedir":
		if chrony {
			suffix := map[string]string{"confdir": ".conf", "sourcedir": ".sources"}[name]
			r.folders(arguments, suffix, depth)
		}
	}
}

// source adds one of which the time is had.
func (r *timeReader) source(name, origin string) {
	if r.names[name] || len(r.names) == maxTimeFiles {
		return
	}
	if r.names[name] = true; len(r.names) == 1 {
		r.found.Set(r.key, name, origin)
	} else {
		r.found.Extend(r.key, " ", name, origin)
	}
}

// glob reads the files of a pattern.
func (r *timeReader) glob(pattern, from string, depth int) {
	if !strings.HasPrefix(pattern, "/") {
		pattern = path.Join("/", path.Dir(from), pattern)
	}
	files, err := r.m.Glob(strings.TrimPrefix(path.Clean(pattern), "/"))
	if err != nil {
		r.lose(from, err)
	}
	for _, file := range files {
		r.add(file, depth+1)
	}
}

// folders reads the files of folders by name: of two of one name that of the folder which was named first counts.
func (r *timeReader) folders(names []string, suffix string, depth int) {
	var folders []string
	for _, name := range names[:min(len(names), maxTimeDepth)] {
		folders = append(folders, strings.TrimPrefix(path.Clean("/"+name), "/"))
	}
	files, err := r.m.DropIns(suffix, folders...)
	if err != nil {
		r.lose(folders[0], err)
	}
	for _, file := range files {
		r.add(file, depth+1)
	}
}

// folder reads the files of one folder.
func (r *timeReader) folder(name, suffix string, depth int) { r.folders([]string{name}, suffix, depth) }

// addTimesyncd adds the servers of systemd-timesyncd. Each setting adds to those before, and an empty one removes
// them.
func addTimesyncd(m *facts.Machine, found *facts.Found) bool {
	all := []string{"etc", "run", "usr/local/lib", "usr/lib"}
	var folders, main []string
	for _, folder := range all {
		folders = append(folders, folder+"/systemd/timesyncd.conf.d")
		main = append(main, folder+"/systemd/timesyncd.conf")
	}
	files, err := m.DropIns(".conf", folders...)
	if err != nil {
		m.Lose(found, "timesyncd", "etc/systemd/timesyncd.conf.d", err)
		return true
	}
	if file := m.First(main...); file != "" {
		files = slices.Insert(files, 0, file)
	}
	keys := map[string]string{"NTP": "timesyncd", "FallbackNTP": "timesyncd fallback"}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			for _, key := range keys { // it may remove them
				delete(found.Values, key)
				delete(found.Origins, key)
				m.Lose(found, key, file, err)
			}
			continue
		}
		facts.ParseSettings(data, false, func(name, value string, line int) {
			key := keys[name]
			switch have := found.Values[key]; {
			case key == "":
			case value == "" || have == "":
				found.Set(key, value, facts.At(file, line))
			default:
				found.Extend(key, " ", value, facts.At(file, line))
			}
		})
	}
	if _, have := found.Values["timesyncd"]; len(files) > 0 && !have && found.Unread["timesyncd"] == "" {
		found.Set("timesyncd", "", "")
	}
	return len(files) > 0
}
