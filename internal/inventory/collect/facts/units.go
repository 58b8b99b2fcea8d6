package facts

import (
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/disk"
)

// unitFolders are the folders of systemd's units, in their order of precedence.
var unitFolders = [...]string{"etc/systemd/system", "run/systemd/system", "usr/local/lib/systemd/system",
	"usr/lib/systemd/system", "lib/systemd/system"}

// maxUnits bounds the units that are opened.
const maxUnits = 2_000

var errUnits = fmt.Errorf("more than %d units start by themselves", maxUnits)

// units are the systemd units of a machine.
type units struct {
	*Machine
	files   map[string]string   // by name: the file that counts
	wanted  map[string]string   // by name: the link that starts it
	aliases map[string][]string // by name: the links in the administrator's folders that stand for it
	opened  map[string]*unit
	// vendor says that the folders of the vendor are there. Without them, in a copy of /etc, a link whose unit is not
	// there still tells what was enabled.
	vendor bool
	lost   map[string]error // folders that could not be listed
}

// readUnits lists the units of a machine; nil if it has none.
func (m *Machine) readUnits() *units {
	if m.First(unitFolders[:]...) == "" {
		return nil
	}
	u := &units{Machine: m, files: map[string]string{}, wanted: map[string]string{}, aliases: map[string][]string{},
		opened: map[string]*unit{}, lost: map[string]error{}}
	u.vendor = m.First("usr/lib/systemd/system", "lib/systemd/system") != ""
	for _, folder := range unitFolders {
		names, err := m.List(folder)
		if err != nil {
			u.lost[folder] = err
		}
		for _, name := range names {
			file := folder + "/" + name
			switch path.Ext(name) {
			case ".wants", ".requires", ".upholds":
				u.addWanted(file)
			case ".service", ".socket", ".timer", ".path", ".mount", ".automount", ".target":
				if _, have := u.files[name]; !have {
					u.files[name] = file
				}
			}
		}
	}
	for name, file := range u.files {
		if target := u.linkOf(file); target != "" && !strings.HasPrefix(file, "usr/") && !strings.HasPrefix(file, "lib/") {
			if real := path.Base(target); real != name && real != "null" {
				u.aliases[real] = append(u.aliases[real], file)
			}
		}
	}
	return u
}

// loseFolders says that folders could not be listed. They may have units of any name, which replace or mask others, so
// nothing is certain.
func (u *units) loseFolders(found *Found) {
	for folder, err := range u.lost {
		u.Lose(found, Any, folder, err)
		found.drop(func(string) bool { return true })
	}
}

// addWanted adds the units that a folder of links starts.
func (u *units) addWanted(folder string) {
	names, err := u.List(folder)
	if err != nil {
		u.lost[folder] = err
	}
	for _, name := range names {
		if _, have := u.wanted[name]; !have {
			u.wanted[name] = folder + "/" + name
		}
	}
}

// linkOf returns the target of a file that is a symbolic link itself, or "".
func (u *units) linkOf(file string) string {
	folder, err := u.Resolve(path.Dir(file))
	if err != nil {
		return ""
	}
	real := path.Join(folder, path.Base(file))
	info, err := u.Lstat(real)
	if err != nil || info.Mode()&fs.ModeSymlink == 0 {
		return ""
	}
	target, err := u.Target(real)
	if err != nil {
		return ""
	}
	return target
}

// fileOf returns the file of a unit, which for an instance may be that of its template, or "".
func (u *units) fileOf(name string) string {
	if file := u.files[name]; file != "" {
		return file
	}
	return u.files[templateOf(name)]
}

// templateOf returns the template of an instance ("getty@.service" of "getty@tty1.service"), or "".
func templateOf(name string) string {
	if at := strings.IndexByte(name, '@'); at >= 0 {
		return name[:at+1] + path.Ext(name)
	}
	return ""
}

// masked reports whether a unit may not be started: its file is empty, or a link to /dev/null.
func (u *units) masked(name string) (bool, error) {
	file := u.fileOf(name)
	if file == "" {
		return false, nil
	}
	if u.linkOf(file) == "/dev/null" {
		return true, nil
	}
	info, err := u.Stat(file)
	switch {
	case errors.Is(err, disk.ErrDangling), errors.Is(err, fs.ErrNotExist):
		return false, nil // of a copy without the target
	case err != nil:
		return false, err
	case !info.Mode().IsRegular():
		return false, fmt.Errorf("%w but %s", disk.ErrNotFile, disk.Kind(info.Mode()))
	}
	return info.Size() == 0, nil
}

// state returns the state of a unit in the words of systemctl is-enabled, and where it was given; "" if there is no
// such unit. A unit that the vendor starts is "enabled" here, too: it starts by itself.
func (u *units) state(name string) (state, origin string, err error) {
	file := u.fileOf(name)
	if file == "" && !u.vendor && u.wanted[name] != "" {
		return "enabled", "/" + u.wanted[name], nil
	}
	if file == "" {
		return "", "", nil
	}
	masked, err := u.masked(name)
	target := u.linkOf(file)
	switch {
	case err != nil:
		return "", "", err
	case masked:
		return "masked", "/" + file, nil
	case u.wanted[name] != "":
		return "enabled", "/" + u.wanted[name], nil
	case u.files[name] != "" && target != "" && path.Base(target) != name:
		return "alias", "/" + file, nil
	}
	if _, err := u.Stat(file); errors.Is(err, disk.ErrDangling) || errors.Is(err, fs.ErrNotExist) {
		return "", "", nil // nothing can be started
	}
	opened, err := u.open(name)
	if err != nil {
		return "", "", err
	}
	if link := u.aliasOf(name, opened); link != "" {
		return "enabled", "/" + link, nil
	}
	if links := u.aliases[name]; len(links) > 0 { // a link of another name, which enabling it would not make
		return "indirect", "/" + links[0], nil
	}
	return opened.installed(), "/" + file, nil
}

// aliasOf returns the link that enabling a unit made for an alias that it has, or "".
func (u *units) aliasOf(name string, opened *unit) string {
	if len(u.aliases[name]) == 0 {
		return ""
	}
	has := map[string]bool{}
	for _, s := range opened.settings["Install.Alias"] {
		for alias := range strings.FieldsSeq(s.value) {
			has[alias] = true
		}
	}
	for _, link := range u.aliases[name] {
		if has[path.Base(link)] {
			return link
		}
	}
	return ""
}

// starts reports whether a unit starts by itself.
func (u *units) starts(name string) bool {
	state, _, err := u.state(name)
	return err == nil && state == "enabled"
}

// unit is a unit with its drop-ins.
type unit struct {
	settings map[string][]setting // by "Section.Name", in order
}

// setting is a value and where it was set.
type setting struct{ value, origin string }

// last returns the value of a setting that has one.
func (u *unit) last(name string) setting {
	if all := u.settings[name]; len(all) > 0 {
		return all[len(all)-1]
	}
	return setting{}
}

// installed returns what enabling a unit that nothing starts would do.
func (u *unit) installed() string {
	for _, name := range [...]string{"WantedBy", "RequiredBy", "UpheldBy", "Alias"} {
		if len(u.settings["Install."+name]) > 0 {
			return "disabled"
		}
	}
	if len(u.settings["Install.Also"]) > 0 {
		return "indirect"
	}
	return "static"
}

// open reads a unit and its drop-ins.
func (u *units) open(name string) (*unit, error) {
	if opened := u.opened[name]; opened != nil {
		return opened, nil
	}
	if len(u.opened) >= maxUnits {
		return nil, errUnits
	}
	opened := &unit{map[string][]setting{}}
	files := []string{u.fileOf(name)}
	var folders []string
	for _, folder := range unitFolders {
		for _, owner := range slices.Compact([]string{name, templateOf(name)}) {
			if dir := folder + "/" + owner + ".d"; owner != "" && u.Exists(dir) {
				folders = append(folders, dir)
			}
		}
	}
	dropIns, err := u.DropIns(".conf", folders...)
	if err != nil {
		return nil, err
	}
	for i, file := range append(files, dropIns...) {
		data, err := u.Read(file)
		if err != nil {
			return nil, err
		}
		opened.add(file, data, i > 0)
	}
	u.opened[name] = opened
	return opened, nil
}

// add adds the settings of a file. An empty value removes what was set before.
func (u *unit) add(file string, data []byte, dropIn bool) {
	section, number, lines := "", 0, Joiner{}
	for line := range strings.Lines(string(data)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" && !lines.Open || line != "" && (line[0] == '#' || line[0] == ';') {
			continue
		}
		line, complete := lines.Join(line, number, " ")
		if !complete {
			continue
		}
		if strings.HasPrefix(line, "[") {
			section = strings.Trim(line, "[]")
			continue
		}
		name, value, ok := strings.Cut(line, "=")
		if !ok || dropIn && section == "Install" { // drop-ins cannot say what enabling does
			continue
		}
		key := section + "." + strings.TrimSpace(name)
		if value = strings.TrimSpace(value); value == "" {
			delete(u.settings, key)
		} else {
			u.settings[key] = append(u.settings[key], setting{value, At(file, lines.From)})
		}
	}
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
