package xccdf

import (
	"cmp"
	"encoding/xml"
	"github.com/muster-project/muster/internal/inventory/markup"
	"strings"
)

// substitute stands on both sides of a value's id, where a text is to have the value; XML has no such character.
const substitute = "\x01"

// lines writes the text of an element with XHTML in it.
type lines struct {
	b     strings.Builder
	most  int
	space bool // before the next word
	cut   bool
}

// word writes text as it stands between elements: white space is one space, or in pre its lines.
func (l *lines) word(text string, pre bool) {
	if pre {
		text = strings.ReplaceAll(text, "\t", " ")
		l.put(text)
		return
	}
	for i, word := range strings.Fields(text) {
		if i > 0 || l.space || strings.IndexByte(" \t\r\n", text[0]) >= 0 {
			l.gap()
		}
		l.put(word)
		l.space = false
	}
	if text != "" && strings.IndexByte(" \t\r\n", text[len(text)-1]) >= 0 {
		l.space = true
	}
}

// gap writes a space between two words of a line.
func (l *lines) gap() {
	if s := l.b.String(); s != "" && s[len(s)-1] != '\n' && s[len(s)-1] != ' ' {
		l.put(" ")
	}
}

// end ends a line.
func (l *lines) end() {
	if s := l.b.String(); s != "" && s[len(s)-1] != '\n' {
		l.put("\n")
	}
	l.space = false
}

// put writes a text as far as there is room; of one that has too many, whole lines.
func (l *lines) put(text string) {
	if l.cut {
		return
	}
	if room := l.most - l.b.Len(); len(text) > room {
		text, l.cut = text[:strings.LastIndexByte(text[:room], '\n')+1], true
	}
	l.b.WriteString(text)
}

// String returns the text, with a sign where it was cut.
func (l *lines) String() string {
	var kept []string
	for line := range strings.SplitSeq(l.b.String(), "\n") {
		if line = strings.TrimRight(line, " \r"); line != "" {
			kept = append(kept, line)
		}
	}
	text := strings.Join(kept, "\n")
	if l.cut {
		text += " …"
	}
	return text
}

// text reads an element and returns its text, of at most so many bytes, in lines.
func (x *reader) text(most int) (string, error) {
	l := &lines{most: most}
	err := x.write(l, false)
	return l.String(), err
}

// write reads an element and writes its text.
func (x *reader) write(l *lines, pre bool) error {
	for {
		token, err := x.Next()
		if err != nil {
			return err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.CharData:
			l.word(string(token), pre)
		case xml.StartElement:
			if err := x.element(l, token, pre); err != nil {
				return err
			}
		}
	}
}

// element writes an element of XHTML, or a value for which XCCDF keeps a place.
func (x *reader) element(l *lines, e xml.StartElement, pre bool) error {
	block := false
	switch e.Name.Local {
	case "sub":
		l.word(substitute+markup.Attribute(e, "idref")+substitute, pre)
		return x.Skip()
	case "br":
		l.end()
	case "pre":
		block, pre = true, true
	case "p", "div", "ul", "ol", "li", "table", "tr", "dl", "dt", "dd", "blockquote", "h1", "h2", "h3", "h4":
		block = true
	}
	if block {
		l.end()
	}
	if e.Name.Local == "li" {
		l.put("- ")
	}
	err := x.write(l, pre)
	if block {
		l.end()
	}
	return err
}

// fill puts the values of a run in the places that a text keeps for them, or their short names. The result has at most
// so many bytes.
func fill(text string, values map[string]string, most int) string {
	if !strings.Contains(text, substitute) {
		return text
	}
	l := &lines{most: most}
	for i, part := range strings.Split(text, substitute) {
		if i%2 == 1 {
			_, name, _ := strings.Cut(part, "_value_")
			part = cmp.Or(values[part], name, part)
		}
		l.put(part)
	}
	return l.String()
}
