package policy

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// aptSettings are the settings of apt.conf(5), by name in lower case: "apt::get::allowunauthenticated". The last one of
// a name counts. Lists, whose names end with "::", are left out.
type aptSettings map[string]aptSetting

// aptSetting is a value, and where it stands.
type aptSetting struct{ value, origin string }

// maxAptDepth bounds blocks in blocks.
const maxAptDepth = 20

// add adds the settings of a file: "APT::Get::Assume-Yes "true";", also in blocks: "APT { Get { Assume-Yes "true"; };
// };".
func (s aptSettings) add(file string, data []byte) {
	var blocks []string
	for _, statement := range aptStatements(data) {
		name, value := cutField(strings.ReplaceAll(statement.text, "\n", " "))
		if strings.HasPrefix(name, `"`) { // an element of a list
			name, value = "::", statement.text
		}
		switch {
		case statement.end == '}':
			if len(blocks) > 0 {
				blocks = blocks[:len(blocks)-1]
			}
		case statement.end == '{':
			if len(blocks) < maxAptDepth {
				blocks = append(blocks, strings.ToLower(name))
			}
		case strings.EqualFold(name, "#clear"):
			s.clear(strings.ToLower(strings.TrimSpace(value)))
		case name != "" && !strings.HasSuffix(name, "::"):
			whole := strings.ToLower(strings.Join(append(blocks[:len(blocks):len(blocks)], name), "::"))
			s[whole] = aptSetting{strings.Trim(strings.TrimSpace(value), `"`), facts.At(file, statement.line)}
		}
	}
}

// clear removes a setting and those below it.
func (s aptSettings) clear(name string) {
	for have := range s {
		if have == name || strings.HasPrefix(have, name+"::") {
			delete(s, have)
		}
	}
}

// aptStatement is a text up to ";", "{" or "}", and the line in which it begins.
type aptStatement struct {
	text string
	end  byte
	line int
}

// aptStatements splits a file, without its comments.
func aptStatements(data []byte) (all []aptStatement) {
	var text strings.Builder
	quoted, line, begun := false, 1, 1
	end := func(c byte) {
		if s := strings.TrimSpace(text.String()); s != "" || c != ';' {
			all = append(all, aptStatement{s, c, begun})
		}
		text.Reset()
	}
	for i := 0; i < len(data); i++ {
		c, rest := data[i], string(data[i:min(len(data), i+8)])
		if c == '\n' {
			line++
		}
		switch {
		case c == '"':
			quoted = !quoted
			text.WriteByte(c)
		case quoted && c != '\n':
			text.WriteByte(c)
		case strings.HasPrefix(rest, "/*"):
			for i += 2; i < len(data) && !(data[i-1] == '*' && data[i] == '/' && i > 2); i++ {
				if data[i] == '\n' {
					line++
				}
			}
		case strings.HasPrefix(rest, "//"), c == '#' && !strings.HasPrefix(rest, "#clear") && !strings.HasPrefix(rest, "#include"):
			for i+1 < len(data) && data[i+1] != '\n' {
				i++
			}
		case c == ';' || c == '{' || c == '}':
			if c == '}' && strings.TrimSpace(text.String()) != "" {
				end(';')
			}
			end(c)
		default:
			if text.Len() == 0 {
				begun = line
			}
			if text.Len() > 0 || c > ' ' {
				text.WriteByte(c)
			}
		}
	}
	return all
}
