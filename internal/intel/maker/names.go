package maker

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/column"
	"github.com/muster-project/muster/internal/intel/subject"
)

// Columns has spellings, by text. Texts are numbers of texts of the file that has the columns.
type Columns struct {
	text, maker []uint32
	akin        []byte
}

// Lay lays spellings out.
func Lay(list []Spelling, texts *column.Texts) (c Columns) {
	for _, s := range list {
		c.text, c.maker = append(c.text, texts.Number(s.Text)), append(c.maker, texts.Number(s.Maker))
		c.akin = append(c.akin, column.Flag(s.Akin))
	}
	return c
}

// Visit visits the columns.
func (c *Columns) Visit(v column.Visitor) {
	v.Numbers(&c.text)
	v.Numbers(&c.maker)
	v.Bytes(&c.akin)
}

// Check reports whether the columns agree, and are of so many texts.
func (c *Columns) Check(texts uint32) bool {
	return column.Same(len(c.text), len(c.maker), len(c.akin)) && column.Within(texts, c.text, c.maker)
}

// Names are the texts by which records call makers. The zero value knows none.
type Names struct {
	// vendor maps a text to the vendor of CPEs, called a vendor to its texts: only those that are alike.
	vendor map[string]string
	called map[string][]string
	// hints maps a text to the vendor of CPEs that it may be.
	hints map[string]string
}

// maxCalled bounds the texts of one maker that are tried.
const maxCalled = 24

// Names returns the names that columns have.
func (c *Columns) Names(texts *column.Texts) Names {
	n := Names{vendor: map[string]string{}, called: map[string][]string{}, hints: map[string]string{}}
	for i, id := range c.text {
		text, vendor := texts.Text(id), texts.Text(c.maker[i])
		n.hints[text] = vendor
		if c.akin[i] == 1 && len(n.called[vendor]) < maxCalled {
			n.vendor[text] = vendor
			n.called[vendor] = append(n.called[vendor], text)
		}
	}
	for vendor, called := range n.called {
		own := strings.ReplaceAll(vendor, "_", " ")
		if _, taken := n.hints[own]; !taken {
			n.vendor[own] = vendor
			n.called[vendor] = slices.Insert(called, 0, own)
		}
	}
	return n
}

// Of returns the vendor of CPEs that a maker's text means, and all texts that mean it; "" if none does.
func (n *Names) Of(text string) (vendor string, texts []string) {
	for _, reading := range subject.Vendors(text) {
		if vendor, ok := n.vendor[reading]; ok {
			return vendor, n.called[vendor]
		}
	}
	return "", nil
}

// Hint returns the vendor of CPEs that a maker's text may mean, for people; "" if none does.
func (n *Names) Hint(text string) string {
	for _, reading := range subject.Vendors(text) {
		if vendor, ok := n.hints[reading]; ok {
			return vendor
		}
		if vendor, ok := n.vendor[reading]; ok {
			return vendor
		}
	}
	return ""
}

// Agreed returns what is found by texts, if all that find something find the same. known is false if none does, agreed
// if two differ.
func Agreed[T comparable](texts []string, find func(text string) (T, bool)) (found T, known, agreed bool) {
	for _, text := range texts {
		next, ok := find(text)
		if ok && known && next != found {
			return found, true, false
		}
		if ok {
			found, known = next, true
		}
	}
	return found, known, true
}
