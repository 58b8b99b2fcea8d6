package facts

import (
	"path"
	"strings"
)

// pamServices are the stacks that are read: those included by others, and those for logins.
var pamServices = [...]string{
	"common-account", "common-auth", "common-password", "common-session", "common-session-noninteractive",
	"password-auth", "system-auth", "postlogin", "login", "other", "passwd", "sshd", "su", "sudo",
}

// pam reads the stacks of modules by service.
func (m *Machine) pam() (Values, error) {
	var found Values
	for _, service := range pamServices {
		file := m.First("etc/pam.d/"+service, "usr/lib/pam.d/"+service, "usr/etc/pam.d/"+service)
		if file == "" {
			continue
		}
		data, err := m.Read(file)
		if err != nil {
			return nil, err
		}
		if found == nil {
			found = Values{}
		}
		found.addPAM(service, data)
	}
	return found, nil
}

// addPAM adds the modules of one stack (pam.d(5)).
func (v Values) addPAM(service string, data []byte) {
	text := strings.ReplaceAll(string(data), "\\\n", " ")
	for line := range strings.Lines(text) {
		line, _, _ = strings.Cut(line, "#")
		kind, rest := cutField(line)
		kind = strings.TrimPrefix(kind, "-") // "-": no complaint when the module is missing
		control, rest := pamControl(rest)
		module, arguments := cutField(rest)
		if module == "" || kind == "" || kind[0] == '@' || control == "include" || control == "substack" {
			continue
		}
		key := strings.Join([]string{service, strings.ToLower(kind), path.Base(module)}, " ")
		value := strings.TrimSpace(control + " " + strings.Join(strings.Fields(arguments), " "))
		v.extend(key, "; ", value)
	}
}

// pamControl splits off the control field: a word, or a list in brackets.
func pamControl(s string) (control, rest string) {
	s = strings.TrimSpace(s)
	if !strings.HasPrefix(s, "[") {
		return cutField(s)
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
