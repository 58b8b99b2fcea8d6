package policy

import (
	"errors"
	"io/fs"
	"path"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// sudoOptions are the settings of "Defaults" that are read.
var sudoOptions = [...]string{"log_allowed", "logfile", "timestamp_timeout", "timestamp_type", "use_pty"}

// sudoers reads sudoers(5) and what it includes.
type sudoers struct {
	m       *facts.Machine
	found   *facts.Found
	aliases map[string][]string // of users
	rules   []sudoRule          // with NOPASSWD
	trusted []sudoRule          // of Defaults !authenticate
	files   int
}

// sudoRule lets some become another without a password.
type sudoRule struct {
	who    []string
	origin string
}

// maxSudoers bounds the files that one includes, as sudo does (MAX_SUDOERS_DEPTH) for their depth.
const maxSudoers = 128

var errSudoers = errors.New("sudoers include too many files")

// sudo reads who becomes another without a password, and how sudo is set.
func sudo(m *facts.Machine) (*facts.Found, error) {
	file := m.First("etc/sudoers", "usr/etc/sudoers")
	if file == "" {
		return nil, nil
	}
	s := &sudoers{m: m, found: facts.NewFound(), aliases: map[string][]string{}}
	if err := s.add(file); err != nil {
		return nil, err
	}
	s.setNames("nopasswd", s.rules)
	s.setNames("noauthenticate", s.trusted)
	if s.found.Unread[facts.Any] != "" { // what is known is not all
		for _, key := range []string{"nopasswd", "noauthenticate"} {
			if s.found.Values[key] == "" {
				delete(s.found.Values, key)
				delete(s.found.Origins, key)
			}
		}
	}
	return s.found, nil
}

// setNames sets a key to those whom rules are about, each once. An alias of users stands for its members, which may be
// aliases, too.
func (s *sudoers) setNames(key string, rules []sudoRule) {
	all, seen := nameSet{}, map[string]bool{}
	origins := nameSet{}
	for _, rule := range rules {
		for todo := slices.Clone(rule.who); len(todo) > 0; {
			name := todo[0]
			todo = todo[1:]
			members, isAlias := s.aliases[name]
			switch {
			case !isAlias:
				all.add(name)
			case !seen[name]:
				seen[name] = true
				todo = slices.Concat(members, todo)
			}
		}
		origins.add(rule.origin)
	}
	s.found.Set(key, strings.Join(all.names, " "), strings.Join(origins.names, ", "))
}

// add adds a file.
func (s *sudoers) add(file string) error {
	if s.files++; s.files > maxSudoers {
		return errSudoers
	}
	data, err := s.m.Read(file)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		s.m.Lose(s.found, facts.Any, file, err)
		for _, option := range sudoOptions { // it may set them anew
			delete(s.found.Values, option)
			delete(s.found.Origins, option)
		}
		return nil
	}
	number, lines := 0, facts.Joiner{}
	for line := range strings.Lines(string(data)) {
		number++
		text, complete := lines.Join(strings.TrimRight(line, "\r\n"), number, "")
		if !complete {
			continue
		}
		if err := s.line(text, file, facts.At(file, lines.From)); err != nil {
			return err
		}
	}
	return nil
}

// line does a line.
func (s *sudoers) line(text, file, origin string) error {
	word, rest := cutField(text)
	if name, ok := strings.CutPrefix(word, "#"); ok && name != "include" && name != "includedir" && !isNumber(name) {
		return nil // a comment, and no rule of a user by number
	}
	rest = strings.TrimSpace(rest)
	switch strings.TrimLeft(word, "#@") {
	case "include":
		return s.add(besides(file, rest))
	case "includedir":
		return s.addFolder(besides(file, rest))
	case "":
		return nil
	}
	switch {
	case strings.HasPrefix(word, "Defaults"):
		s.defaults(strings.TrimPrefix(word, "Defaults"), rest, origin)
	case word == "User_Alias":
		for definition := range strings.SplitSeq(rest, ":") {
			name, members, _ := strings.Cut(definition, "=")
			s.aliases[strings.TrimSpace(name)] = splitList(members)
		}
	case strings.HasSuffix(word, "_Alias"):
	default:
		s.rule(text, origin)
	}
	return nil
}

// isNumber reports whether a text has digits alone.
func isNumber(text string) bool { return text != "" && strings.Trim(text, "0123456789") == "" }

// besides returns the file that an include names: one that is not absolute lies in the folder of the file.
func besides(file, name string) string {
	name = strings.ReplaceAll(strings.Trim(name, `"`), `\ `, " ")
	if strings.HasPrefix(name, "/") {
		return strings.TrimPrefix(path.Clean(name), "/")
	}
	return path.Join(path.Dir(file), name)
}

// addFolder adds the files of a folder but those with a dot or a "~" at the end of their names.
func (s *sudoers) addFolder(folder string) error {
	names, err := s.m.List(folder)
	if err != nil {
		s.m.Lose(s.found, facts.Any, folder, err)
		return nil
	}
	for _, name := range names {
		if strings.Contains(name, ".") || strings.HasSuffix(name, "~") {
			continue
		}
		if err := s.add(folder + "/" + name); err != nil {
			return err
		}
	}
	return nil
}

// splitList splits a list at its commas.
func splitList(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\t' })
}

// defaults adds settings. Those for some users, hosts or commands only count for authenticate.
func (s *sudoers) defaults(scope, rest, origin string) {
	if scope != "" && len(scope) > 1 && scope[0] == ':' {
		scope = scope[1:]
	}
	for part := range splitDefaults(rest) {
		name, value, _ := strings.Cut(part, "=")
		name, value = strings.TrimRight(strings.TrimSpace(name), "+-"), strings.Trim(strings.TrimSpace(value), `"`)
		plain := strings.TrimLeft(name, "!")
		off := (len(name)-len(plain))%2 == 1
		switch {
		case plain == "authenticate" && off:
			who := scope
			if who == "" {
				who = "ALL"
			}
			s.trusted = append(s.trusted, sudoRule{[]string{who}, origin})
		case plain == "authenticate" && scope == "":
			s.trusted = nil
		case plain == "tty_tickets" && scope == "": // its older name
			s.found.Set("timestamp_type", map[bool]string{true: "global", false: "tty"}[off], origin)
		case scope != "" || !slices.Contains(sudoOptions[:], plain):
		case off && plain == "logfile":
			delete(s.found.Values, plain)
			delete(s.found.Origins, plain)
		case off && plain == "timestamp_timeout":
			s.found.Set(plain, "0", origin)
		case plain == "use_pty", plain == "log_allowed":
			s.found.Set(plain, map[bool]string{true: "no", false: "yes"}[off], origin)
		default:
			s.found.Set(plain, value, origin)
		}
	}
}

// splitDefaults splits settings at commas outside of quotes.
func splitDefaults(text string) func(func(string) bool) {
	return func(yield func(string) bool) {
		quoted, begin := false, 0
		for i := 0; i <= len(text); i++ {
			switch {
			case i == len(text) || text[i] == ',' && !quoted || text[i] == '#' && !quoted:
				if part := strings.TrimSpace(text[begin:i]); part != "" && !yield(part) {
					return
				}
				if i < len(text) && text[i] == '#' {
					return
				}
				begin = i + 1
			case text[i] == '"':
				quoted = !quoted
			}
		}
	}
}

// rule keeps a rule that asks for no password.
func (s *sudoers) rule(text, origin string) {
	if before, _, comment := strings.Cut(text, " #"); comment {
		text = before
	}
	left, right, ok := strings.Cut(text, "=")
	if !ok || !strings.Contains(strings.ReplaceAll(right, " :", ":"), "NOPASSWD:") {
		return
	}
	words := strings.Fields(strings.NewReplacer(" ,", ",", ", ", ",").Replace(strings.TrimSpace(left)))
	if len(words) < 2 { // who and where
		return
	}
	who := strings.Split(strings.Join(words[:len(words)-1], " "), ",")
	s.rules = append(s.rules, sudoRule{who, origin})
}
