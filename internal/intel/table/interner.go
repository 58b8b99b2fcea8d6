package table

import "strings"

// interner numbers distinct texts in the order of their first use.
type interner struct {
	ids   map[string]uint32
	texts []string
	size  int
}

func (n *interner) id(text string) uint32 {
	id, ok := n.ids[text]
	if !ok {
		text = strings.Clone(text) // do not keep the document that contains it
		id = uint32(len(n.texts))
		n.ids[text] = id
		n.texts = append(n.texts, text)
		n.size += len(text)
	}
	return id
}
