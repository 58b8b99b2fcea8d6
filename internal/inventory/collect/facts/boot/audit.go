package boot

import (
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// watched are the files and folders of which is told whether rules of audit watch them.
var watched = [...]string{
	"/etc/apparmor", "/etc/apparmor.d", "/etc/group", "/etc/gshadow", "/etc/hostname", "/etc/hosts", "/etc/issue",
	"/etc/issue.net", "/etc/localtime", "/etc/netplan", "/etc/network", "/etc/networks", "/etc/nsswitch.conf", "/etc/pam.conf",
	"/etc/pam.d", "/etc/passwd", "/etc/security/opasswd", "/etc/selinux", "/etc/shadow", "/etc/sudoers", "/etc/sudoers.d",
	"/etc/sysconfig/network", "/run/faillock", "/run/utmp", "/usr/bin/chacl", "/usr/bin/chcon", "/usr/bin/kmod",
	"/usr/bin/setfacl", "/usr/sbin/usermod", "/usr/share/selinux", "/var/log/btmp", "/var/log/faillog", "/var/log/lastlog",
	"/var/log/sudo.log", "/var/log/wtmp",
}

// recorded are the system calls of which is told whether rules of audit record them.
var recorded = [...]string{
	"adjtimex", "all", "chmod", "chown", "clock_settime", "creat", "create_module", "delete_module", "execve", "fchmod",
	"fchmodat", "fchown", "fchownat", "finit_module", "fremovexattr", "fsetxattr", "ftruncate", "init_module", "lchown",
	"lremovexattr", "lsetxattr", "mount", "open", "openat", "removexattr", "rename", "renameat", "setdomainname",
	"sethostname", "setxattr", "settimeofday", "truncate", "umount2", "unlink", "unlinkat",
}

// auditControls are the options of auditctl(8) by which audit itself is set, and the keys that tell them.
var auditControls = map[string]string{"-b": "backlog_limit", "-e": "enabled", "-f": "failure", "-r": "rate_limit"}

// auditRules reads the rules that a start loads: those of rules.d, which augenrules(8) puts together, else audit.rules.
func auditRules(m *facts.Machine) (*facts.Found, error) {
	const folder, file = "etc/audit/rules.d", "etc/audit/audit.rules"
	if m.First(folder, file) == "" {
		return nil, nil
	}
	files, err := m.DropIns(".rules", folder)
	if err != nil {
		return nil, err
	}
	files = slices.DeleteFunc(files, func(name string) bool { return path.Base(name)[0] == '.' })
	slices.SortFunc(files, byVersion)
	l := ruleLoader{found: facts.NewFound(), merged: len(files) > 0}
	if !l.merged {
		files = []string{file}
	}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(l.found, facts.Any, file, err)
			for _, key := range auditControls { // it may set them anew
				delete(l.found.Values, key)
				delete(l.found.Origins, key)
			}
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			l.line(strings.Fields(line), facts.At(file, number))
		}
	}
	sets := map[string]map[string]bool{}
	for _, r := range l.rules {
		addRule(l.found, sets, r)
	}
	return l.found, nil
}

// ruleLoader does the lines of rules as auditctl(8) does.
type ruleLoader struct {
	found  *facts.Found
	rules  []auditRule
	merged bool // by augenrules, which moves -D to the beginning, and -e to the end
	locked bool // nothing may be changed until the next start
}

// line does a line.
func (l *ruleLoader) line(words []string, origin string) {
	if len(words) == 0 || words[0][0] == '#' || l.locked {
		return
	}
	if words[0] == "-D" {
		l.remove(words[1:])
		return
	}
	if len(words) < 2 {
		return
	}
	if key := auditControls[words[0]]; key != "" {
		l.found.Set(key, words[1], origin)
		l.locked = words[0] == "-e" && words[1] == "2" && !l.merged
		return
	}
	if r, ok := parseRule(words); ok {
		r.origin = origin
		l.rules = append(l.rules, r)
	}
}

// remove removes all rules, or those with a key.
func (l *ruleLoader) remove(words []string) {
	switch {
	case len(words) == 2 && words[0] == "-k":
		l.rules = slices.DeleteFunc(l.rules, func(r auditRule) bool { return slices.Contains(r.keys, words[1]) })
	case len(words) == 0 && !l.merged:
		l.rules = nil
	}
}

// auditRule is a rule of audit.
type auditRule struct {
	action   string   // "always,exit"
	calls    []string // system calls
	path     string
	perm     string // "wa"
	arch     string
	denied   string // only those that are refused: "-EACCES"
	other    bool   // only those that run as somebody else than who logged in
	narrowed bool   // it has another condition
	keys     []string
	origin   string
}

// addRule adds a rule. sets has the values so far, by key.
func addRule(found *facts.Found, sets map[string]map[string]bool, r auditRule) {
	switch {
	case r.action == "never,task" || r.action == "never,exit" && r.path == "" && len(r.calls) == 0 && !r.narrowed:
		found.Set("off", "yes", r.origin)
	case r.action != "always,exit" || r.narrowed:
	case r.path != "":
		if slices.Contains(watched[:], r.path) {
			for _, permission := range r.perm {
				extend(found, sets, "watch "+r.path, string(permission), r.origin)
			}
		}
	default:
		kind := "call "
		if r.denied != "" {
			kind = "refused "
		} else if r.other {
			kind = "other "
		}
		for _, call := range r.calls {
			if slices.Contains(recorded[:], call) {
				extend(found, sets, kind+call, r.arch+r.denied, r.origin)
			}
		}
	}
}

// extend adds a word to a value, once.
func extend(found *facts.Found, sets map[string]map[string]bool, key, word, origin string) {
	if sets[key] == nil {
		sets[key] = map[string]bool{}
	}
	if !sets[key][word] && len(sets[key]) < 10 {
		sets[key][word] = true
		found.Extend(key, " ", word, origin)
	}
}

// parseRule parses the words of a rule as auditctl(8) does.
func parseRule(words []string) (r auditRule, ok bool) {
	r = auditRule{perm: "rwxa", arch: "native"}
	for i := 0; i+1 < len(words); i += 2 {
		value := strings.Trim(words[i+1], `"'`)
		switch words[i] {
		case "-w":
			r.action, r.path = "always,exit", cleanPath(value)
		case "-p":
			r.perm = value
		case "-a", "-A":
			if r.action = value; strings.HasSuffix(value, ",always") || strings.HasSuffix(value, ",never") {
				list, action, _ := strings.Cut(value, ",")
				r.action = action + "," + list
			}
		case "-S":
			r.calls = append(r.calls, strings.Split(value, ",")...)
		case "-F":
			r.condition(value)
		case "-C":
			r.other = value == "uid!=euid" || value == "euid!=uid"
			r.narrowed = r.narrowed || !r.other
		case "-k":
			r.keys = append(r.keys, value)
		default:
			return r, false
		}
	}
	r.narrowed = r.narrowed || r.path != "" && len(r.calls) > 0
	return r, r.action != ""
}

// cleanPath returns the path of a file; /var/run is /run.
func cleanPath(name string) string {
	name = path.Clean(name)
	if rest, ok := strings.CutPrefix(name, "/var/run/"); ok {
		return "/run/" + rest
	}
	return name
}

// condition adds a field. That somebody has logged in narrows nothing.
func (r *auditRule) condition(field string) {
	at := strings.IndexAny(field, "=!<>&")
	if at < 0 {
		r.narrowed = true
		return
	}
	name, rest := field[:at], field[at:]
	value := strings.TrimLeft(rest, "=!<>&")
	operator := rest[:len(rest)-len(value)]
	switch {
	case name == "arch" && operator == "=":
		r.arch = value
	case (name == "path" || name == "dir") && operator == "=":
		r.path = cleanPath(value)
	case name == "perm" && operator == "=":
		r.perm = value
	case name == "exit" && operator == "=" && (value == "-EACCES" || value == "-EPERM"):
		r.denied = value
	case name == "key":
		r.keys = append(r.keys, value)
	case name == "auid" && operator == ">=" && (value == "1000" || value == "500"),
		name == "auid" && operator == "!=" && (value == "unset" || value == "-1" || value == "4294967295"):
	default:
		r.narrowed = true
	}
}
