package upkeep

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// shell reads TMOUT as the files of a login shell leave it: the last value counts, and none after it was made
// read-only. What is set under a condition stands beside the others.
func shell(m *facts.Machine) (*facts.Found, error) {
	if m.First("etc/profile", "etc/profile.d", "etc/bash.bashrc", "etc/bashrc") == "" {
		return nil, nil
	}
	found := facts.NewFound()
	profiles, err := m.DropIns(".sh", "etc/profile.d")
	if err != nil {
		m.Lose(found, facts.Any, "etc/profile.d", err)
	}
	t := &timeout{found: found}
	for _, file := range slices.Concat([]string{"etc/profile"}, profiles, []string{"etc/bash.bashrc", "etc/bashrc"}) {
		data, err := m.Read(file)
		if err != nil {
			m.Lose(found, facts.Any, file, err)
			continue
		}
		t.depth = 0
		number := 0
		for line := range strings.Lines(string(data)) {
			number++
			t.line(line, facts.At(file, number))
		}
	}
	return found, nil
}

// timeout follows what scripts do with TMOUT.
type timeout struct {
	found  *facts.Found
	depth  int
	locked bool
}

// line follows a line.
func (t *timeout) line(line, origin string) {
	line, _, _ = strings.Cut(" "+strings.TrimSpace(line), " #")
	conditional := strings.Contains(line, "&&") || strings.Contains(line, "||")
	words := strings.FieldsFunc(line, func(r rune) bool { return strings.ContainsRune(" \t;&|", r) })
	declares := strings.Contains(line, " -r") || strings.Contains(line, " -xr")
	command := ""
	for i, word := range words {
		if i == 0 || !strings.Contains(word, "TMOUT") {
			if !strings.HasPrefix(word, "-") {
				command = word
			}
		}
		switch word {
		case "if", "case", "for", "while", "until", "{":
			t.depth++
		case "fi", "esac", "done", "}":
			t.depth = max(0, t.depth-1)
		}
		name, value, assigns := strings.Cut(word, "=")
		if name != "TMOUT" {
			continue
		}
		if assigns {
			t.set(facts.Unquote(value), origin, t.depth > 0 || conditional)
		}
		switch {
		case command == "readonly", (command == "declare" || command == "typeset") && declares:
			t.locked = true
			t.found.Set("TMOUT readonly", "yes", origin)
		case command == "export":
			t.found.Set("TMOUT exported", "yes", origin)
		case command == "unset":
			if !t.locked {
				delete(t.found.Values, "TMOUT")
				delete(t.found.Origins, "TMOUT")
			}
		}
	}
}

// set sets the value.
func (t *timeout) set(value, origin string, conditional bool) {
	_, have := t.found.Values["TMOUT"]
	switch {
	case t.locked:
	case conditional && have:
		t.found.Extend("TMOUT", " ", value, origin)
	case conditional:
		t.found.Set("TMOUT", "none "+value, origin)
	default:
		t.found.Set("TMOUT", value, origin)
	}
}
