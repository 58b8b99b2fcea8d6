// Package effective reads the tables of settings that may be set in several places, of which the first that sets one
// decides.
package effective

import "strings"

// Setting is a fact and the places that can set it, in the order in which they are asked, as the table writes them.
type Setting struct {
	Family, Fact string
	Places       []string
}

// Word returns the last word of the fact, which is its name in a place that names no other.
func (s Setting) Word() string { return s.Fact[strings.LastIndexByte(s.Fact, ' ')+1:] }

// Table reads lines "fact = place; place" below headings "[family] = place; place". Facts without places have those of
// their heading. A line that begins with a tab goes on with the one before it.
func Table(text string) []Setting {
	var all []Setting
	var family string
	var common []string
	text = strings.ReplaceAll(strings.TrimSpace(text), ";\n\t", "; ")
	for line := range strings.SplitSeq(text, "\n") {
		name, list, own := strings.Cut(line, " = ")
		var places []string
		if list != "" {
			places = strings.Split(list, "; ")
		}
		if heading, ok := strings.CutPrefix(name, "["); ok {
			family, common = strings.TrimSuffix(heading, "]"), places
			continue
		}
		if !own {
			places = common
		}
		all = append(all, Setting{family, name, places})
	}
	return all
}
