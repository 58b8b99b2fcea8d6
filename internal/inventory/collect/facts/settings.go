package facts

import (
	"slices"
	"strings"
)

// settings is a family that is a file of names and values.
type settings struct {
	family string
	file   string // below etc or usr/etc
	inline bool   // "#" begins a comment anywhere in a line
	first  string // folder below etc with files that are read before
	later  string // suffix of folders with files that are read after
}

// settings reads a file of names and values and its folders; a later value replaces an earlier
// one.
func (m *Machine) settings(s settings) (Values, error) {
	file := m.etc(s.file)
	if file == "" {
		return nil, nil
	}
	files, err := m.settingFiles(s, file)
	if err != nil {
		return nil, err
	}
	found := Values{}
	for _, name := range files {
		data, err := m.Read(name)
		if err != nil {
			return nil, err
		}
		for name, value := range parseSettings(data, s.inline) {
			found.set(name, value)
		}
	}
	return found, nil
}

// settingFiles returns the files of a family in the order in which they are read.
func (m *Machine) settingFiles(s settings, file string) ([]string, error) {
	var before, after []string
	var err error
	if s.first != "" {
		before, err = m.DropIns(".conf", "etc/"+s.first)
	}
	if s.later != "" && err == nil {
		after, err = m.DropIns(".conf", "etc/"+s.later, "run/"+s.later, "usr/local/lib/"+s.later, "usr/lib/"+s.later)
	}
	return slices.Concat(before, []string{file}, after), err
}

// etc returns the file with that name below /etc, else below /usr/etc, else "".
func (m *Machine) etc(name string) string {
	return m.First("etc/"+name, "usr/etc/"+name)
}

// parseSettings parses lines of "NAME VALUE", "name = value" or only a name. A line that begins
// with "#" or ";" is a comment, one with "[" the heading of a section.
func parseSettings(data []byte, inline bool) Values {
	found := Values{}
	for line := range strings.Lines(string(data)) {
		if inline {
			line, _, _ = strings.Cut(line, "#")
		}
		line = strings.TrimSpace(line)
		if line == "" || strings.ContainsRune("#;[", rune(line[0])) {
			continue
		}
		name, value := line, ""
		if end := strings.IndexAny(line, "= \t"); end >= 0 {
			name = line[:end]
			value = strings.TrimSpace(strings.TrimPrefix(strings.TrimSpace(line[end:]), "="))
		}
		if name != "" {
			found.set(name, Unquote(value))
		}
	}
	return found
}

// Unquote removes a shell's quotes. Within double quotes a backslash makes the next character
// literal.
func Unquote(s string) string {
	if len(s) < 2 || s[0] != s[len(s)-1] || s[0] != '"' && s[0] != '\'' {
		return s
	}
	inner := s[1 : len(s)-1]
	if s[0] == '\'' {
		return inner
	}
	var b strings.Builder
	for i := 0; i < len(inner); i++ {
		if inner[i] == '\\' && i+1 < len(inner) && strings.IndexByte("\"\\$`", inner[i+1]) >= 0 {
			i++
		}
		b.WriteByte(inner[i])
	}
	return b.String()
}
