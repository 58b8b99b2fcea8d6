package facts

import (
	"bufio"
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"
)

// modprobeFolders are in the order of precedence of modprobe.d(5).
var modprobeFolders = [...]string{
	"etc/modprobe.d", "run/modprobe.d", "usr/local/lib/modprobe.d", "usr/lib/modprobe.d", "lib/modprobe.d",
}

// knownModules are the kernel modules of which facts tell whether a kernel has them, and whether they are loaded.
var knownModules = [...]string{
	"afs", "appletalk", "atm", "ax25", "bluetooth", "bnep", "btusb", "can", "ceph", "cifs", "cramfs", "dccp", "decnet",
	"exfat", "fat", "firewire_core", "firewire_sbp2", "freevxfs", "fscache", "fuse", "gfs2", "hfs", "hfsplus", "ipx",
	"jffs2", "ksmbd", "msdos", "nfs", "nfs_common", "nfsd", "ntfs", "overlay", "pcspkr", "rds", "sctp", "smbfs_common",
	"squashfs", "thunderbolt", "tipc", "uas", "udf", "usb_storage", "uvcvideo", "vfat", "vivid", "x25",
}

// maxModuleList bounds the list of a kernel's modules, in bytes.
const maxModuleList = 8 << 20

// modprobe is what the files of modprobe.d(5) say.
type modprobe struct {
	found    *Found
	commands []moduleRule // "install", in order: the first that matches counts
	off      []moduleRule // "alias NAME off"
}

// moduleRule is a rule about modules of a name or pattern.
type moduleRule struct {
	pattern string
	empty   bool // the command loads nothing
	origin  string
}

// modules reads which kernel modules may not be loaded, and which no installed kernel has.
func modules(m *Machine) (*Found, error) {
	if m.First(modprobeFolders[:]...) == "" && m.First("usr/lib/modules", "lib/modules") == "" {
		return nil, nil
	}
	files, err := m.DropIns(".conf", modprobeFolders[:]...)
	if err != nil {
		return nil, err
	}
	p := &modprobe{found: newFound()}
	m.addBuilt(p.found)
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.lose(p.found, Any, file, err)
			continue
		}
		p.add(file, data)
	}
	p.apply()
	return p.found, nil
}

// add adds the rules of a file. A line that ends in "\" goes on.
func (p *modprobe) add(file string, data []byte) {
	number, joined, from := 0, "", 0
	for line := range strings.Lines(string(data)) {
		number++
		if joined == "" {
			from = number
		}
		line = strings.TrimRight(line, "\r\n")
		if before, more := strings.CutSuffix(line, `\`); more {
			joined += before
			continue
		}
		line, joined = strings.TrimSpace(joined+line), ""
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0][0] == '#' {
			continue
		}
		name := moduleName(fields[1])
		switch {
		case fields[0] == "install" && len(fields) > 2:
			command := strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, "install")), fields[1])
			p.commands = append(p.commands, moduleRule{name, loadsNothing(command), at(file, from)})
		case fields[0] == "alias" && len(fields) > 2 && fields[2] == "off":
			p.off = append(p.off, moduleRule{name, true, at(file, from)})
		case fields[0] == "blacklist" && p.found.Values[name] != "absent":
			p.found.set(name, "blacklisted", at(file, from))
		}
	}
}

// apply gives the modules that rules keep from being loaded their state. What no kernel has cannot be loaded
// anyway.
func (p *modprobe) apply() {
	names := slices.Clone(knownModules[:])
	for _, rule := range slices.Concat(p.commands, p.off) {
		if !strings.ContainsAny(rule.pattern, "*?[") {
			names = append(names, rule.pattern)
		}
	}
	for _, name := range names {
		for _, rules := range [...][]moduleRule{p.commands, p.off} {
			i := slices.IndexFunc(rules, func(r moduleRule) bool {
				match, _ := path.Match(globOf(r.pattern), name)
				return match
			})
			if state := p.found.Values[name]; i >= 0 && rules[i].empty && state != "absent" && state != "builtin" {
				p.found.set(name, "disabled", rules[i].origin)
			}
		}
	}
}

// moduleName returns the name of a module as facts have it. In a set of characters "-" stays.
func moduleName(name string) string {
	if strings.Contains(name, "[") {
		return name
	}
	return strings.ReplaceAll(name, "-", "_")
}

// loadsNothing reports whether the command of an install rule loads no module: it only does what loads none.
func loadsNothing(command string) bool {
	words, closed := splitCommand(command)
	for i := 0; i < len(words); i++ {
		switch path.Base(words[i].text) {
		case "true", "false", ":", "exit", "echo", "logger":
			for i+1 < len(words) && !isOperator(words[i+1].text) && !strings.HasSuffix(words[i].text, ";") {
				i++
			}
		case "sh", "bash", "dash":
			if len(words) < i+3 || words[i+1].text != "-c" || !loadsNothing(words[i+2].text) {
				return false
			}
			return len(words) == i+3
		default:
			if !isOperator(words[i].text) {
				return false
			}
		}
	}
	return closed && len(words) > 0 && !strings.ContainsAny(command, "`$|&<>(") || closed && onlyOr(command)
}

// isOperator reports whether a word separates commands of a shell.
func isOperator(word string) bool { return word == ";" || word == "&&" || word == "||" }

// onlyOr reports whether the only special characters of a command are those of "&&" and "||", or send output to a file.
func onlyOr(command string) bool {
	plain := strings.NewReplacer("&&", "", "||", "", ">/dev/null", "", "> /dev/null", "", "2>&1", "").Replace(command)
	return plain != "" && !strings.ContainsAny(plain, "`$|&<>(")
}

// moduleLists are the files that list the modules of a kernel.
var moduleLists = [...]struct{ file, state string }{{"modules.dep", "loadable"}, {"modules.builtin", "builtin"}}

// addBuilt adds, for known modules, whether an installed kernel has them: "absent" if none has, "builtin" if one cannot
// do without, else "loadable". Without a kernel nothing is known.
func (m *Machine) addBuilt(found *Found) {
	kernels := map[string]bool{} // folders with a list of modules
	states, origins := map[string]string{}, map[string]string{}
	for _, folder := range [...]string{"usr/lib/modules", "lib/modules"} {
		names, err := m.List(folder)
		if err != nil {
			m.lose(found, Any, folder, err)
			return
		}
		for _, kernel := range names {
			if kernels[kernel] || !m.Exists(folder+"/"+kernel+"/modules.dep") {
				continue
			}
			kernels[kernel] = true
			for _, list := range moduleLists {
				file := folder + "/" + kernel + "/" + list.file
				err := m.eachModule(file, func(name string) {
					if states[name] != "builtin" {
						states[name], origins[name] = list.state, "/"+file
					}
				})
				if err != nil && !errors.Is(err, fs.ErrNotExist) {
					m.lose(found, Any, file, err)
					return
				}
			}
		}
	}
	if len(kernels) == 0 {
		return
	}
	for _, name := range knownModules {
		if states[name] == "" {
			found.set(name, "absent", "")
		} else {
			found.set(name, states[name], origins[name])
		}
	}
}

// eachModule calls add with the name of every module in a list of paths.
func (m *Machine) eachModule(file string, add func(name string)) error {
	list, err := m.Open(file, maxModuleList)
	if err != nil {
		return err
	}
	defer list.Close()
	lines := bufio.NewScanner(list)
	for lines.Scan() {
		name, _, _ := strings.Cut(lines.Text(), ":")
		if name, _, ok := strings.Cut(path.Base(name), ".ko"); ok {
			add(moduleName(name))
		}
	}
	return lines.Err()
}

// runningModules reads which known modules are loaded.
func runningModules(m *Machine) (*Found, error) {
	if !m.Live {
		return nil, nil
	}
	const file = "proc/modules"
	data, err := m.Read(file)
	if err != nil {
		return nil, absent(err)
	}
	found := newFound()
	for line := range strings.Lines(string(data)) {
		if name, _, _ := strings.Cut(line, " "); slices.Contains(knownModules[:], name) {
			found.set(name, "loaded", "/"+file)
		}
	}
	return found, nil
}

// KnownModules returns the modules of which facts tell whether a kernel has them.
func KnownModules() []string { return knownModules[:] }
