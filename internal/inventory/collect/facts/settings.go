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
	vendor bool   // the file may also be in a folder of the vendor; drop-ins count without it
}

// vendorFolders are where systemd looks for a main file, and for drop-ins.
var vendorFolders = [...]string{"etc/", "run/", "usr/local/lib/", "usr/lib/"}

// settings reads a file of names and values and its folders; a later value replaces an earlier
// one. A file that could not be read costs the names that no later file sets.
func (m *Machine) settings(s settings) (*Found, error) {
	files, err := m.settingFiles(s)
	if err != nil || len(files) == 0 {
		return nil, err
	}
	found := NewFound()
	for _, file := range files {
		data, err := m.Read(file)
		if err != nil {
			found = NewFound()
			m.Lose(found, Any, file, err)
			continue
		}
		ParseSettings(data, s.inline, func(name, value string, line int) { found.Set(name, value, At(file, line)) })
	}
	return found, nil
}

// settingFiles returns the files of a family in the order in which they are read.
func (m *Machine) settingFiles(s settings) ([]string, error) {
	file := m.etc(s.file)
	var before, after []string
	var err error
	if s.first != "" {
		before, err = m.DropIns(".conf", "etc/"+s.first)
	}
	if s.later != "" && err == nil {
		var folders []string
		for _, folder := range vendorFolders {
			folders = append(folders, folder+s.later)
		}
		after, err = m.DropIns(".conf", folders...)
	}
	for _, folder := range vendorFolders {
		if s.vendor && file == "" {
			file = m.First(folder + s.file)
		}
	}
	switch {
	case err != nil, file == "" && !s.vendor:
		return nil, err
	case file == "":
		return after, nil
	}
	return slices.Concat(before, []string{file}, after), nil
}

// etc returns the file with that name below /etc, else below /usr/etc, else "".
func (m *Machine) etc(name string) string {
	return m.First("etc/"+name, "usr/etc/"+name)
}

// ParseSettings parses lines of "NAME VALUE", "name = value" or only a name. A line that begins
// with "#" or ";" is a comment, one with "[" the heading of a section.
func ParseSettings(data []byte, inline bool, set func(name, value string, line int)) {
	number := 0
	for line := range strings.Lines(string(data)) {
		number++
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
			set(name, Unquote(value), number)
		}
	}
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
