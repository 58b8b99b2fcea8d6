package facts

import (
	"errors"
	"maps"
	"strings"
)

// AptSetting is a setting of apt.conf(5), or that one and all below it are removed. Names are in lower case.
type AptSetting struct {
	Name, Value string
	Clear       bool
	Line        int
}

// AptSettings are the settings of several files by name, as apt has them in the end.
type AptSettings map[string]AptValue

// AptValue is a value, and where it stands.
type AptValue struct{ Value, Origin string }

// Add does the settings of a file: the last of a name counts, and what is cleared goes with all below it.
func (s AptSettings) Add(file string, all []AptSetting) {
	for _, one := range all {
		if !one.Clear {
			s[one.Name] = AptValue{one.Value, At(file, one.Line)}
			continue
		}
		maps.DeleteFunc(s, func(name string, _ AptValue) bool {
			return name == one.Name || strings.HasPrefix(name, one.Name+"::")
		})
	}
}

// maxAptName bounds the names of settings and of the blocks around them.
const maxAptName = 1_000

// errAptInclude says that a file includes another, which is not followed.
var errAptInclude = errors.New("it includes another file")

// AptFiles returns the files of settings in the order in which apt reads them: those of apt.conf.d whose names it
// knows, then apt.conf.
func AptFiles(m *Machine) (files []string, err error) {
	names, err := m.List("etc/apt/apt.conf.d")
	for _, name := range names {
		stem, suffix := strings.CutSuffix(name, ".conf")
		if isAptName(stem) && (suffix || !strings.Contains(name, ".")) {
			files = append(files, "etc/apt/apt.conf.d/"+name)
		}
	}
	if m.Exists("etc/apt/apt.conf") {
		files = append(files, "etc/apt/apt.conf")
	}
	return files, err
}

// isAptName reports whether a file's name has only letters, digits, "-", "_" and "." (apt.conf(5)).
func isAptName(name string) bool {
	for _, c := range []byte(name) {
		if !(c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' || c == '-' || c == '_' || c == '.') {
			return false
		}
	}
	return name != "" && name[0] != '.'
}

// ParseApt parses a file of apt.conf(5): NAME "value"; and blocks NAME { … }; with comments of three kinds.
func ParseApt(data []byte) (all []AptSetting, err error) {
	p := &aptParser{text: string(data), line: 1}
	var blocks []string
	prefix := ""
	var words []string
	begin := 1
	for {
		word, kind := p.next()
		switch kind {
		case 0:
			return all, p.err
		case 'w':
			if len(words) == 0 {
				begin = p.line
			}
			if words = append(words, word); len(words) > 2 {
				words = words[:2]
			}
			continue
		case '{':
			name := prefix
			if len(words) > 0 {
				name = aptName(prefix, words[0])
			}
			if len(words) > 1 { // NAME TAG { …
				name = aptName(name, words[1])
			}
			blocks = append(blocks, prefix)
			prefix = name
		case '}':
			if len(blocks) > 0 {
				prefix = blocks[len(blocks)-1]
				blocks = blocks[:len(blocks)-1]
			}
		case ';':
			all = p.statement(all, prefix, words, begin)
		}
		words = nil
	}
}

// aptName returns the name of a setting in a block.
func aptName(prefix, name string) string {
	switch {
	case len(prefix)+len(name) > maxAptName:
		return prefix[:min(len(prefix), maxAptName)]
	case prefix == "":
		return strings.ToLower(name)
	}
	return prefix + "::" + strings.ToLower(name)
}

// statement does a statement that a ";" ends.
func (p *aptParser) statement(all []AptSetting, prefix string, words []string, line int) []AptSetting {
	switch {
	case len(words) == 0:
	case words[0] == "#clear" && len(words) > 1:
		all = append(all, AptSetting{aptName("", words[1]), "", true, line})
	case words[0] == "#include":
		p.err = errAptInclude
	case len(words) > 1 && !strings.HasSuffix(words[0], "::"):
		all = append(all, AptSetting{aptName(prefix, words[0]), words[1], false, line})
	}
	return all
}

// aptParser splits a file into words, "{", "}" and ";".
type aptParser struct {
	text string
	line int
	err  error
}

// next returns the next word ('w') or sign, or 0 at the end.
func (p *aptParser) next() (word string, kind byte) {
	for p.text != "" {
		c := p.text[0]
		switch {
		case c == '\n':
			p.line++
			p.text = p.text[1:]
		case c == ' ' || c == '\t' || c == '\r':
			p.text = p.text[1:]
		case strings.HasPrefix(p.text, "//"), c == '#' && !strings.HasPrefix(p.text, "#clear") && !strings.HasPrefix(p.text, "#include"):
			end := strings.IndexByte(p.text, '\n')
			if end < 0 {
				end = len(p.text)
			}
			p.text = p.text[end:]
		case strings.HasPrefix(p.text, "/*"):
			comment, rest, _ := strings.Cut(p.text, "*/")
			p.line += strings.Count(comment, "\n")
			p.text = rest
		case c == '{' || c == '}' || c == ';':
			p.text = p.text[1:]
			return "", c
		case c == '"':
			value, rest, _ := strings.Cut(p.text[1:], `"`)
			p.text = rest
			return value, 'w'
		default:
			end := strings.IndexAny(p.text, " \t\r\n{};\"")
			if end < 0 {
				end = len(p.text)
			}
			word, p.text = p.text[:end], p.text[end:]
			return word, 'w'
		}
	}
	return "", 0
}
