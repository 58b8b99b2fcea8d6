package facts

import (
	"fmt"
	"path"
	"strings"
)

// commandWord is a word of a command of a unit. If alone is true it is a variable that stands for any number of words.
type commandWord struct {
	text  string
	alone bool
}

// splitCommand splits a command of a unit into words, as systemd does; closed is false if a quote is not closed.
func splitCommand(command string) (words []commandWord, closed bool) {
	for i := 0; i < len(command); i++ {
		if command[i] == ' ' || command[i] == '\t' {
			continue
		}
		var word strings.Builder
		quote, quoted := byte(0), false
		for ; i < len(command) && (quote != 0 || command[i] != ' ' && command[i] != '\t'); i++ {
			switch c := command[i]; {
			case c == '\\' && i+1 < len(command):
				i++
				word.WriteByte(command[i])
			case quote == 0 && (c == '"' || c == '\''):
				quote, quoted = c, true
			case quote != 0 && c == quote:
				quote = 0
			default:
				word.WriteByte(c)
			}
		}
		if quote != 0 {
			return nil, false
		}
		text := word.String()
		words = append(words, commandWord{text, !quoted && isVariable(text)})
	}
	return words, true
}

// isVariable reports whether a word is "$NAME".
func isVariable(word string) bool {
	name, ok := strings.CutPrefix(word, "$")
	return ok && name != "" && strings.Trim(name, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_") == ""
}

// argument is a word of a command line and where it comes from.
type argument struct{ text, origin string }

// environment has the variables of a unit.
type environment map[string]argument

// maxCommand bounds the arguments of a command, in bytes with their addresses, as Linux does (ARG_MAX).
const maxCommand = 2 << 20

var errCommand = fmt.Errorf("a command's arguments have more than %d bytes", maxCommand)

// expand returns the arguments of a command: "$NAME" is split into words, "${NAME}" is not.
func (e environment) expand(command setting) (all []argument, err error) {
	words, _ := splitCommand(command.value)
	left := maxCommand
	for _, word := range words {
		if !word.alone {
			one, err := e.inline(word.text, command.origin, left)
			if left -= len(one.text) + 9; err != nil || left < 0 {
				return nil, errCommand
			}
			all = append(all, one)
			continue
		}
		variable := e[word.text[1:]]
		if left -= len(variable.text); left < 0 {
			return nil, errCommand
		}
		parts, _ := splitCommand(variable.text)
		for _, part := range parts {
			if left -= 9; left < 0 {
				return nil, errCommand
			}
			all = append(all, argument{part.text, variable.origin})
		}
	}
	return all, nil
}

// inline replaces "${NAME}" within a word, which may become as long as most.
func (e environment) inline(word, origin string, most int) (argument, error) {
	var out strings.Builder
	for {
		before, rest, found := strings.Cut(word, "${")
		name, after, closed := strings.Cut(rest, "}")
		if !found || !closed {
			out.WriteString(word)
			return argument{strings.ReplaceAll(out.String(), "$$", "$"), origin}, nil
		}
		if variable, set := e[name]; set {
			origin = variable.origin
		}
		if out.Len()+len(e[name].text) > most {
			return argument{}, errCommand
		}
		out.WriteString(before + e[name].text)
		word = after
	}
}

// addFile adds the lines "NAME=VALUE" of an environment file: values may be quoted, and go on after a backslash at the
// end of a line.
func (e environment) addFile(file string, data []byte) {
	text := strings.ReplaceAll(string(data), "\\\n", "")
	number := 0
	for line := range strings.Lines(text) {
		number++
		line = strings.TrimSpace(line)
		name, value, ok := strings.Cut(line, "=")
		if !ok || strings.ContainsRune("#;", rune(line[0])) {
			continue
		}
		e[strings.TrimSpace(name)] = argument{unquoteShell(strings.TrimSpace(value)), At(file, number)}
	}
}

// unquoteShell removes the quotes of a value of which each part may be quoted.
func unquoteShell(value string) string {
	var out strings.Builder
	quote := byte(0)
	for i := 0; i < len(value); i++ {
		switch c := value[i]; {
		case c == '\\' && quote != '\'' && i+1 < len(value):
			i++
			out.WriteByte(value[i])
		case quote == 0 && (c == '"' || c == '\''):
			quote = c
		case quote != 0 && c == quote:
			quote = 0
		default:
			out.WriteByte(c)
		}
	}
	return out.String()
}

// environmentOf returns the variables of a unit: those of its files replace those that it sets itself. file and err say
// which could not be read.
func (u *units) environmentOf(opened *unit) (all environment, file string, err error) {
	all = environment{}
	for _, s := range opened.settings["Service.Environment"] {
		words, _ := splitCommand(s.value)
		for _, word := range words {
			if name, value, ok := strings.Cut(word.text, "="); ok {
				all[name] = argument{value, s.origin}
			}
		}
	}
	for _, s := range lastOfEach(opened.settings["Service.EnvironmentFile"]) {
		name := strings.TrimPrefix(path.Clean("/"+strings.TrimPrefix(s.value, "-")), "/")
		files, failed := u.glob("/" + name)
		for _, name := range files {
			data, failed := u.Read(name)
			if failed != nil {
				file, err = name, failed
				continue
			}
			all.addFile(name, data)
		}
		if failed != nil {
			file, err = name, failed
		}
	}
	return all, file, err
}

// lastOfEach returns settings of which no two have one value: the last of each, in order. For files that set variables
// that is enough, as a file that is read again sets all of its variables again.
func lastOfEach(settings []setting) []setting {
	last := make(map[string]int, len(settings))
	for i, s := range settings {
		last[s.value] = i
	}
	var kept []setting
	for i, s := range settings {
		if last[s.value] == i {
			kept = append(kept, s)
		}
	}
	return kept
}
