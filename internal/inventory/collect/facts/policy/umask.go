package policy

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// umask reads which umask a login shell has: that of PAM or login.defs, then those that the shell's files set.
func umask(m *facts.Machine) (*facts.Found, error) {
	if m.First("etc/login.defs", "usr/etc/login.defs", "etc/profile", "etc/profile.d", "etc/pam.d", "usr/lib/pam.d") == "" {
		return nil, nil
	}
	found := facts.NewFound()
	addSession(m, found)
	profiles, err := m.DropIns(".sh", "etc/profile.d")
	if err != nil {
		m.Lose(found, facts.Any, "etc/profile.d", err)
	}
	files := append([]string{"etc/profile"}, profiles...)
	for _, file := range append(files, "etc/bash.bashrc", "etc/bashrc") {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			continue
		}
		addScript(found, file, data)
	}
	return found, nil
}

// addSession adds the umask with which a session begins. Without PAM that is the one of login.defs.
func addSession(m *facts.Machine, found *facts.Found) {
	services := existing(m, append(loginServices[:], "common-session", "system-auth"))
	if len(services) == 0 {
		if value, origin, ok := loginDef(m, found, "login", "UMASK"); ok {
			found.Set("login", value, origin)
		}
		return
	}
	stack, lost, err := pamStack(m, services[0], "session")
	if err != nil {
		m.Lose(found, facts.Any, lost, err)
		return
	}
	runStack(stack, func(module pamModule) answer {
		if module.module != "pam_umask.so" {
			return usual(module, succeeds)
		}
		if value, set := optionsOf(module, []string{"umask"})["umask"]; set {
			found.Set("login", value, module.origin)
		} else if value, origin, ok := loginDef(m, found, "login", "UMASK"); ok {
			found.Set("login", value, origin)
		}
		if slices.Contains(module.arguments, "usergroups") {
			found.Set("usergroups", "yes", module.origin)
		}
		return succeeds
	})
}

// addScript adds what a script of the shell does to the umask. One that is set under a condition is one of several.
func addScript(found *facts.Found, file string, data []byte) {
	depth, number := 0, 0
	for line := range strings.Lines(string(data)) {
		number++
		line, _, _ = strings.Cut(" "+strings.TrimSpace(line), " #")
		conditional := strings.Contains(line, "&&") || strings.Contains(line, "||")
		words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t;&|", r) })
		for i, word := range words {
			switch word {
			case "if", "case", "for", "while", "until", "{":
				depth++
			case "fi", "esac", "done", "}":
				depth = max(0, depth-1)
			case "umask":
				if i+1 == len(words) || !isMask(words[i+1]) {
					continue
				}
				_, have := found.Values["login"]
				if depth > 0 || conditional {
					if !have {
						found.Extend("login", " ", "022", "the kernel")
					}
					found.Extend("login", " ", words[i+1], facts.At(file, number))
				} else {
					found.Set("login", words[i+1], facts.At(file, number))
				}
			}
		}
	}
}

// isMask reports whether a word is a umask in octal digits.
func isMask(word string) bool {
	return len(word) > 0 && len(word) <= 4 && strings.Trim(word, "01234567") == ""
}
