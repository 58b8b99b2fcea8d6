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
	files = byVersion(files)
	if len(files) == 0 {
		files = []string{file}
	}
	found, sets := facts.NewFound(), map[string]map[string]bool{}
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			for _, key := range auditControls { // it may set them anew
				delete(found.Values, key)
				delete(found.Origins, key)
			}
			continue
		}
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			addRule(found, sets, strings.Fields(line), facts.At(file, number))
		}
	}
	return found, nil
}

// byVersion returns files in the order of ls -v: numbers in names by their value.
func byVersion(files []string) []string {
	keys := make([]string, 0, len(files))
	for _, file := range files {
		var key []byte
		for rest := file; rest != ""; {
			n := len(rest) - len(strings.TrimLeft(rest, "0123456789"))
			if n == 0 {
				key, rest = append(key, rest[0]), rest[1:]
				continue
			}
			number := strings.TrimLeft(rest[:n], "0")
			key, rest = append(append(key, '0', byte(1+len(number))), number...), rest[n:]
		}
		keys = append(keys, string(key)+"\x00"+file)
	}
	slices.Sort(keys)
	for i, key := range keys {
		_, files[i], _ = strings.Cut(key, "\x00")
	}
	return files
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
}

// addRule adds a line. sets has the values so far, by key.
func addRule(found *facts.Found, sets map[string]map[string]bool, words []string, origin string) {
	if len(words) < 2 || words[0][0] == '#' {
		return
	}
	if key := auditControls[words[0]]; key != "" {
		found.Set(key, words[1], origin)
		return
	}
	r, ok := parseRule(words)
	switch {
	case !ok:
	case r.action == "never,task" || r.action == "never,exit" && r.path == "" && len(r.calls) == 0 && !r.narrowed:
		found.Set("off", "yes", origin)
	case r.action != "always,exit" || r.narrowed:
	case r.path != "":
		if slices.Contains(watched[:], r.path) {
			for _, permission := range r.perm {
				extend(found, sets, "watch "+r.path, string(permission), origin)
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
				extend(found, sets, kind+call, r.arch+r.denied, origin)
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
	case name == "auid" && operator == ">=" && (value == "1000" || value == "500"),
		name == "auid" && operator == "!=" && (value == "unset" || value == "-1" || value == "4294967295"):
	default:
		r.narrowed = true
	}
}
