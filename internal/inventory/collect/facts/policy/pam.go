package policy

import (
	"errors"
	"io/fs"
	"path"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// pamServices are the stacks that are read: those included by others, and those for logins.
var pamServices = [...]string{
	"common-account", "common-auth", "common-password", "common-session", "common-session-noninteractive",
	"password-auth", "system-auth", "postlogin", "login", "other", "passwd", "sshd", "su", "sudo",
}

// Limits of PAM's stacks.
const (
	maxModules  = 2_000 // modules of a stack
	maxIncludes = 16    // nested files, as PAM_SUBSTACK_MAX_LEVEL
)

var errStack = errors.New("a stack of PAM has too many modules or includes")

// pam reads the modules of services by service, type and module, without those that are included.
func pam(m *facts.Machine) (*facts.Found, error) {
	var found *facts.Found
	for _, service := range pamServices {
		file := pamFile(m, service)
		if file == "" {
			continue
		}
		if found == nil {
			found = facts.NewFound()
		}
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			continue
		}
		for _, line := range pamLines(file, data) {
			if line.include == "" {
				key := strings.Join([]string{service, line.kind, line.module}, " ")
				value := strings.TrimSpace(line.control + " " + strings.Join(line.arguments, " "))
				found.Extend(key, "; ", value, line.origin)
			}
		}
	}
	return found, nil
}

// pamFile returns the file of a service, or "".
func pamFile(m *facts.Machine, service string) string {
	if name, ok := strings.CutPrefix(service, "/"); ok {
		return m.First(name)
	}
	return m.First("etc/pam.d/"+service, "usr/lib/pam.d/"+service, "usr/etc/pam.d/"+service)
}

// pamLine is a line of a service (pam.d(5)).
type pamLine struct {
	kind      string // auth, account, password, session; "" of a line that includes all of them
	control   string // "required", "[success=1 default=ignore]"
	include   string // service whose lines stand in the place of this one
	module    string // "pam_unix.so"
	arguments []string
	origin    string
}

// pamLines parses the file of a service.
func pamLines(file string, data []byte) []pamLine {
	var all []pamLine
	number, lines := 0, facts.Joiner{}
	for text := range strings.Lines(string(data)) {
		number++
		text, _, _ = strings.Cut(strings.TrimRight(text, "\r\n"), "#")
		text, complete := lines.Join(text, number, " ")
		if !complete {
			continue
		}
		if line, ok := parsePAM(text); ok {
			line.origin = facts.At(file, lines.From)
			all = append(all, line)
		}
	}
	return all
}

// parsePAM parses a line without its comment.
func parsePAM(text string) (pamLine, bool) {
	kind, rest := cutField(text)
	if name, _ := cutField(rest); strings.EqualFold(kind, "@include") {
		return pamLine{include: name, control: "include"}, name != ""
	}
	line := pamLine{kind: strings.ToLower(strings.TrimPrefix(kind, "-"))} // "-": no complaint when the module is missing
	line.control, rest = pamControl(rest)
	module, rest := cutField(rest)
	switch {
	case module == "" || line.kind == "" || line.kind[0] == '@':
		return line, false
	case line.control == "include" || line.control == "substack":
		line.include = module
	default:
		line.module, line.arguments = path.Base(module), pamArguments(rest)
	}
	return line, true
}

// pamArguments splits arguments, of which one in brackets may have blanks.
func pamArguments(rest string) []string {
	var all []string
	bracket := strings.Contains(rest, "]")
	for rest = strings.TrimSpace(rest); rest != ""; rest = strings.TrimSpace(rest) {
		word := ""
		if rest[0] == '[' && bracket {
			var after string
			if word, after, bracket = strings.Cut(rest[1:], "]"); bracket {
				all, rest = append(all, word), after
				continue
			}
		}
		word, rest = cutField(rest)
		all = append(all, word)
	}
	return all
}

// pamControl splits off the control field: a word, or a list in brackets.
func pamControl(s string) (control, rest string) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "[") {
		control, rest = cutField(s)
		return strings.ToLower(control), rest
	}
	list, rest, ok := strings.Cut(s, "]")
	if !ok {
		return "", ""
	}
	return strings.Join(strings.Fields(list), " ") + "]", rest
}

// cutField splits off the first word of a line.
func cutField(s string) (field, rest string) {
	s = strings.TrimSpace(s)
	end := strings.IndexAny(s, " \t")
	if end < 0 {
		return s, ""
	}
	return s[:end], s[end:]
}

// pamModule is a module of a stack at its level: modules of substacks are one level below.
type pamModule struct {
	pamLine
	level   int
	entered bool // it is no module but the place where a substack begins
}

// stackReader collects the modules of one type.
type stackReader struct {
	m       *facts.Machine
	kind    string
	modules []pamModule
	refused bool   // a file of "@include" is missing: PAM lets nobody in
	lost    string // file that could not be read
	err     error
}

// pamStack returns the modules that a service has for a type, those that it includes among them; none if it has none
// and "other" neither. lost is a file that could not be read.
func pamStack(m *facts.Machine, service, kind string) (stack []pamModule, lost string, err error) {
	for _, name := range []string{service, "other"} {
		r := &stackReader{m: m, kind: kind}
		r.add(name, 0, 0)
		if r.refused {
			r.modules = []pamModule{{pamLine{control: "required", module: "pam_deny.so"}, 0, false}}
		}
		if len(r.modules) > 0 || r.err != nil {
			return r.modules, r.lost, r.err
		}
	}
	return nil, "", nil
}

// add adds the modules of a service.
func (r *stackReader) add(service string, level, depth int) {
	file := pamFile(r.m, service)
	switch {
	case r.err != nil, file == "" && depth == 0:
		return
	case file == "": // PAM fails where an included file is missing
		r.modules = append(r.modules, pamModule{pamLine{control: "required", module: "pam_deny.so"}, level, false})
		return
	}
	if depth > maxIncludes {
		r.lost, r.err = file, errStack
		return
	}
	data, err := r.m.Read(file)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		r.lost, r.err = file, err
		return
	}
	for _, line := range pamLines(file, data) {
		switch {
		case len(r.modules) >= maxModules:
			r.lost, r.err = file, errStack
			return
		case line.kind == "" && pamFile(r.m, line.include) == "":
			r.refused = true
		case line.kind != "" && line.kind != r.kind:
		case line.control == "substack":
			r.modules = append(r.modules, pamModule{line, level, true})
			r.add(line.include, level+1, depth+1)
		case line.include != "":
			r.add(line.include, level, depth+1)
		default:
			r.modules = append(r.modules, pamModule{line, level, false})
		}
	}
}
