package facts

import (
	"bufio"
	"errors"
	"fmt"
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
	commands moduleRules // "install"
	off      moduleRules // "alias NAME off"
}

// moduleRule is a rule about modules of a name or pattern.
type moduleRule struct {
	pattern string
	empty   bool // the command loads nothing
	origin  string
}

// moduleRules are rules in order: the first that matches counts.
type moduleRules struct {
	all      []moduleRule
	exact    map[string]int // by name: the first rule of that name
	patterns []int          // the rules with wildcards
}

// add adds a rule.
func (r *moduleRules) add(name string, rule moduleRule) {
	if r.exact == nil {
		r.exact = map[string]int{}
	}
	if strings.ContainsAny(name, `*?[\`) {
		r.patterns = append(r.patterns, len(r.all))
	} else if _, have := r.exact[name]; !have {
		r.exact[name] = len(r.all)
	}
	r.all = append(r.all, rule)
}

// first returns the first rule about a module.
func (r *moduleRules) first(name string) (rule moduleRule, ok bool) {
	at, ok := r.exact[name]
	for _, i := range r.patterns {
		if ok && at < i {
			break
		}
		if match, _ := path.Match(globOf(r.all[i].pattern), name); match {
			return r.all[i], true
		}
	}
	if !ok {
		return moduleRule{}, false
	}
	return r.all[at], true
}

// check checks that rules with wildcards are not too many.
func (r *moduleRules) check() error {
	if len(r.patterns) > maxWildcards || len(r.exact) > maxKeys {
		return errRules
	}
	for _, i := range r.patterns {
		if len(r.all[i].pattern) > maxPattern {
			return errWildcards
		}
	}
	return nil
}

var errRules = fmt.Errorf("rules are about more than %d modules, or %d patterns", maxKeys, maxWildcards)

// modules reads which kernel modules may not be loaded, and which no installed kernel has.
func modules(m *Machine) (*Found, error) {
	if m.First(modprobeFolders[:]...) == "" && m.First("usr/lib/modules", "lib/modules") == "" {
		return nil, nil
	}
	files, err := m.DropIns(".conf", modprobeFolders[:]...)
	if err != nil {
		return nil, err
	}
	p := &modprobe{found: NewFound()}
	if m.addBuilt(p.found); len(p.found.Unread) > 0 {
		return p.found, nil // any module may be absent
	}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(p.found, Any, file, err)
			break // of install rules the first counts
		}
		p.add(file, data)
	}
	if err := p.apply(); err != nil {
		return nil, err
	}
	if len(p.found.Unread) > 0 {
		p.found.drop(func(state string) bool { return state == "blacklisted" || state == "loadable" })
	}
	return p.found, nil
}

// add adds the rules of a file. A line that ends in "\" goes on.
func (p *modprobe) add(file string, data []byte) {
	number, lines := 0, Joiner{}
	for line := range strings.Lines(string(data)) {
		number++
		line, complete := lines.Join(strings.TrimRight(line, "\r\n"), number, "")
		if !complete {
			continue
		}
		line = strings.TrimSpace(line)
		fields := strings.Fields(line)
		if len(fields) < 2 || fields[0][0] == '#' {
			continue
		}
		name := moduleName(fields[1])
		switch {
		case fields[0] == "install" && len(fields) > 2:
			command := strings.TrimPrefix(strings.TrimSpace(strings.TrimPrefix(line, "install")), fields[1])
			p.commands.add(name, moduleRule{name, loadsNothing(command), At(file, lines.From)})
		case fields[0] == "alias" && len(fields) > 2 && fields[2] == "off":
			p.off.add(name, moduleRule{name, true, At(file, lines.From)})
		case fields[0] == "blacklist" && p.found.Values[name] != "absent":
			p.found.Set(name, "blacklisted", At(file, lines.From))
		}
	}
}

// apply gives the modules that rules keep from being loaded their state. What no kernel has cannot be loaded
// anyway.
func (p *modprobe) apply() error {
	names := map[string]bool{}
	for _, name := range knownModules {
		names[name] = true
	}
	for _, rules := range [...]moduleRules{p.commands, p.off} {
		if err := rules.check(); err != nil {
			return err
		}
		for name := range rules.exact {
			names[name] = true
		}
	}
	for name := range names {
		for _, rules := range [...]moduleRules{p.commands, p.off} {
			rule, ok := rules.first(name)
			if state := p.found.Values[name]; ok && rule.empty && state != "absent" && state != "builtin" {
				p.found.Set(name, "disabled", rule.origin)
			}
		}
	}
	return nil
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
	parts, plain := shellCommands(command)
	for _, part := range parts {
		words, closed := splitCommand(part)
		if !closed || len(words) == 0 {
			return false
		}
		switch path.Base(words[0].text) {
		case "true", "false", ":", "exit", "echo", "logger":
		case "sh", "bash", "dash":
			if len(words) != 3 || words[1].text != "-c" || !loadsNothing(words[2].text) {
				return false
			}
		default:
			return false
		}
	}
	return plain && len(parts) > 0
}

// shellCommands splits a command of a shell at ";", "&&" and "||". plain is false if it has anything else that only a
// shell understands, but for the redirection of output.
func shellCommands(text string) (parts []string, plain bool) {
	var quote byte
	start := 0
	for i := 0; i < len(text); i++ {
		switch c := text[i]; {
		case c == '`' || c == '$' && quote != '\'':
			return nil, false
		case quote != 0 || c == '"' || c == '\'':
			if quote == 0 {
				quote = c
			} else if quote == c {
				quote = 0
			}
		case c == '&' && i > 0 && text[i-1] == '>': // 2>&1
		case c == ';' || (c == '&' || c == '|') && i+1 < len(text) && text[i+1] == c:
			parts = append(parts, text[start:i])
			if c != ';' {
				i++
			}
			start = i + 1
		case strings.IndexByte("&|<()", c) >= 0:
			return nil, false
		}
	}
	if rest := text[start:]; strings.TrimSpace(rest) != "" {
		parts = append(parts, rest)
	}
	return parts, true
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
			m.Lose(found, Any, folder, err)
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
					m.Lose(found, Any, file, err)
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
			found.Set(name, "absent", "")
		} else {
			found.Set(name, states[name], origins[name])
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
	found := NewFound()
	for line := range strings.Lines(string(data)) {
		if name, _, _ := strings.Cut(line, " "); slices.Contains(knownModules[:], name) {
			found.Set(name, "loaded", "/"+file)
		}
	}
	return found, nil
}
