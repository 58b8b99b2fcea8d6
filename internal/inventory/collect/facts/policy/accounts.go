package policy

import (
	"errors"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// rootlike are the groups whose members can become root.
var rootlike = [...]string{"adm", "admin", "disk", "docker", "libvirt", "lxd", "shadow", "sudo", "wheel"}

// accounts reads what passwd(5), shadow(5) and group(5) say: names, counts and numbers. Passwords, hashed or not,
// stay on the machine.
func accounts(m *facts.Machine) (*facts.Found, error) {
	passwd, err := m.Read("etc/passwd")
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	found := facts.NewFound()
	people := records(passwd, 7)
	addPeople(found, people)
	addShells(m, found, people)
	addGroups(m, found, people)
	addShadow(m, found, people)
	return found, nil
}

// records returns the lines of a file of fields between colons that have a name, each with at least n fields.
func records(data []byte, n int) [][]string {
	var all [][]string
	for line := range strings.Lines(string(data)) {
		fields := strings.Split(strings.TrimRight(line, "\r\n"), ":")
		if fields[0] == "" || fields[0][0] == '#' || len(fields) < 2 {
			continue
		}
		all = append(all, append(fields, make([]string, max(0, n-len(fields)))...))
	}
	return all
}

// namesOf joins the names of the records that match.
func namesOf(all [][]string, matches func(fields []string) bool) string {
	var names []string
	for _, fields := range all {
		if matches(fields) {
			names = append(names, fields[0])
		}
	}
	return strings.Join(names, " ")
}

// repeated joins the values of a field that several records have, as a function writes them.
func repeated(all [][]string, field int, written func(string) string) string {
	count := map[string]int{}
	var values []string
	for _, fields := range all {
		value := written(fields[field])
		if count[value]++; count[value] == 2 && value != "" {
			values = append(values, value)
		}
	}
	return strings.Join(values, " ")
}

// numberOf writes an id as programs read it, so that 00 is 0. What is no number stays as it is.
func numberOf(text string) string {
	if n, err := strconv.ParseUint(strings.TrimSpace(text), 10, 32); err == nil {
		return strconv.FormatUint(n, 10)
	}
	return text
}

// addPeople adds what passwd(5) alone says.
func addPeople(found *facts.Found, people [][]string) {
	const origin = "/etc/passwd"
	found.Set("uid0", namesOf(people, func(f []string) bool { return numberOf(f[2]) == "0" }), origin)
	found.Set("gid0", namesOf(people, func(f []string) bool { return numberOf(f[3]) == "0" }), origin)
	found.Set("unshadowed", namesOf(people, func(f []string) bool { return f[1] != "x" && f[1] != "*" && f[1] != "!" }), origin)
	found.Set("duplicate users", repeated(people, 0, strings.Clone), origin)
	found.Set("duplicate uids", repeated(people, 2, numberOf), origin)
}

// noLogin are programs that let nobody in, though some lists of shells have them.
var noLogin = [...]string{"nologin", "false", "true", "sync", "shutdown", "halt"}

// opensShell reports whether an account's program is a shell. Where there is no list of them every program is one.
func opensShell(program string, shells map[string]bool) bool {
	name := program[strings.LastIndexByte(program, '/')+1:]
	if program == "" {
		return true // /bin/sh
	}
	return !slices.Contains(noLogin[:], name) && (shells == nil || shells[program])
}

// shellsOf returns the shells that etc/shells lists, or nil.
func shellsOf(m *facts.Machine) map[string]bool {
	data, err := m.Read("etc/shells")
	if err != nil {
		return nil
	}
	shells := map[string]bool{}
	for line := range strings.Lines(string(data)) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "/") {
			shells[line] = true
		}
	}
	return shells
}

// addShells adds the accounts of the system with a shell.
func addShells(m *facts.Machine, found *facts.Found, people [][]string) {
	shells, least := shellsOf(m), 1000
	value, _, _ := loginDef(m, found, "systemshells", "UID_MIN")
	if found.Unread["systemshells"] != "" {
		return
	}
	if n, err := strconv.Atoi(value); err == nil {
		least = n
	}
	found.Set("systemshells", namesOf(people, func(f []string) bool {
		uid, err := strconv.Atoi(f[2])
		return err == nil && uid > 0 && uid < least && opensShell(f[6], shells)
	}), "/etc/passwd")
}

// addGroups adds what group(5) says.
func addGroups(m *facts.Machine, found *facts.Found, people [][]string) {
	const file = "etc/group"
	data, err := m.Read(file)
	if err != nil {
		for _, key := range []string{"duplicate groups", "duplicate gids", "groupless", "groups0"} {
			m.Lose(found, key, file, err)
		}
		for _, name := range rootlike {
			m.Lose(found, "members "+name, file, err)
		}
		return
	}
	groups := records(data, 4)
	ids := map[string]bool{}
	for _, g := range groups {
		ids[g[2]] = true
	}
	found.Set("duplicate groups", repeated(groups, 0, strings.Clone), "/etc/group")
	found.Set("duplicate gids", repeated(groups, 2, numberOf), "/etc/group")
	found.Set("groups0", namesOf(groups, func(f []string) bool { return f[2] == "0" }), "/etc/group")
	found.Set("groupless", namesOf(people, func(f []string) bool { return !ids[f[3]] }), "/etc/passwd")
	addMembers(found, groups, people)
}

// addMembers adds the members of groups by which people become root. A group may have several lines.
func addMembers(found *facts.Found, groups, people [][]string) {
	byGroup := map[string][]string{} // by id: the accounts whose primary group it is
	for _, f := range people {
		byGroup[f[3]] = append(byGroup[f[3]], f[0])
	}
	members := map[string]*nameSet{}
	added := map[[2]string]bool{}
	for _, g := range groups {
		name, id := g[0], g[2]
		if !slices.Contains(rootlike[:], name) {
			continue
		}
		if members[name] == nil {
			members[name] = &nameSet{}
		}
		members[name].add(strings.FieldsFunc(g[3], func(r rune) bool { return r == ',' || r == ' ' })...)
		if !added[[2]string{name, id}] {
			added[[2]string{name, id}] = true
			members[name].add(byGroup[id]...)
		}
	}
	for name, all := range members {
		found.Set("members "+name, strings.Join(all.names, " "), "/etc/group")
	}
}

// nameSet has names, each once, in the order in which they came.
type nameSet struct {
	names []string
	has   map[string]bool
}

func (s *nameSet) add(names ...string) {
	if s.has == nil {
		s.has = map[string]bool{}
	}
	for _, name := range names {
		if !s.has[name] {
			s.has[name] = true
			s.names = append(s.names, name)
		}
	}
}

// shadowKeys depend on shadow(5).
var shadowKeys = [...]string{
	"inactive", "loginless", "maxdays", "mindays", "passwordless", "root", "warndays", "weakhash", "withpassword",
}

// addShadow adds what shadow(5) says.
func addShadow(m *facts.Machine, found *facts.Found, people [][]string) {
	const file, origin = "etc/shadow", "/etc/shadow"
	data, err := m.Read(file)
	if err != nil {
		for _, key := range shadowKeys {
			m.Lose(found, key, file, err)
		}
		return
	}
	all := records(data, 9)
	with := slices.DeleteFunc(slices.Clone(all), func(f []string) bool { return !isHash(f[1]) })
	empty := func(f []string) bool { return f[1] == "" }
	names := strings.Fields(namesOf(people, empty) + " " + namesOf(all, empty))
	found.Set("passwordless", strings.Join(names, " "), "/etc/passwd, /etc/shadow")
	weak := func(f []string) bool { return isHash(f[1]) && isWeak(f[1]) }
	found.Set("weakhash", namesOf(slices.Concat(with, people), weak), origin)
	found.Set("withpassword", strconv.Itoa(len(with)), origin)
	shells, programs := shellsOf(m), map[string]string{}
	for _, f := range slices.Backward(people) { // of two of a name the first counts
		programs[f[0]] = f[6]
	}
	found.Set("loginless", namesOf(with, func(f []string) bool {
		program, have := programs[f[0]]
		return have && !opensShell(program, shells)
	}), origin)
	addAges(found, with)
	for _, f := range all {
		if f[0] == "root" {
			found.Set("root", stateOf(f[1]), origin)
		}
	}
}

// addAges adds the weakest ages of the accounts with a password.
func addAges(found *facts.Found, with [][]string) {
	for _, age := range []struct {
		key   string
		field int
		least bool // the least is the weakest
	}{{"mindays", 3, true}, {"maxdays", 4, false}, {"warndays", 5, true}, {"inactive", 6, false}} {
		weakest := ""
		for _, f := range with {
			days, err := strconv.Atoi(f[age.field])
			if err != nil || days < 0 {
				weakest = "never"
				break
			}
			have, _ := strconv.Atoi(weakest)
			if weakest == "" || age.least && days < have || !age.least && days > have {
				weakest = strconv.Itoa(days)
			}
		}
		if weakest != "" {
			found.Set(age.key, weakest, "/etc/shadow")
		}
	}
}

// isHash reports whether a password of shadow(5) is one with which somebody can log in.
func isHash(password string) bool {
	return password != "" && password[0] != '!' && password[0] != '*' && password != "x"
}

// isWeak reports whether a hash is of an algorithm that is broken or fast: DES, MD5, SHA-1, that of Windows.
func isWeak(hash string) bool {
	if hash[0] != '$' {
		return true
	}
	for _, prefix := range []string{"$1$", "$3$", "$md5", "$sha1$"} {
		if strings.HasPrefix(hash, prefix) {
			return true
		}
	}
	return false
}

// stateOf names the state of a password.
func stateOf(password string) string {
	switch {
	case password == "":
		return "none"
	case isHash(password):
		return "password"
	}
	return "locked"
}
