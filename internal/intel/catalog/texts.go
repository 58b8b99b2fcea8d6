package catalog

import "slices"

// interner numbers distinct texts in the order they come.
type interner struct {
	ids   map[string]uint32
	texts []string
}

// newInterner returns one in which "" is 0.
func newInterner() *interner {
	return &interner{ids: map[string]uint32{"": 0}, texts: []string{""}}
}

func (n *interner) id(text string) uint32 {
	id, ok := n.ids[text]
	if !ok {
		id = uint32(len(n.texts))
		n.ids[text] = id
		n.texts = append(n.texts, text)
	}
	return id
}

// textTable holds the texts of a catalog, ascending and distinct, so that the
// numbers of texts order as the texts do. "" is 0.
type textTable struct {
	blob string
	// ends has one number more than there are texts: text i is
	// blob[ends[i]:ends[i+1]].
	ends []uint32
}

func newTextTable(texts []string) textTable {
	slices.Sort(texts)
	texts = slices.Compact(texts)
	size := 0
	for _, text := range texts {
		size += len(text)
	}
	t := textTable{ends: make([]uint32, 1, len(texts)+1)}
	blob := make([]byte, 0, size)
	for _, text := range texts {
		blob = append(blob, text...)
		t.ends = append(t.ends, uint32(len(blob)))
	}
	t.blob = string(blob)
	return t
}

func (t *textTable) len() int { return len(t.ends) - 1 }

func (t *textTable) text(id uint32) string { return t.blob[t.ends[id]:t.ends[id+1]] }

// find returns the number of a text, or where it would stand.
func (t *textTable) find(text string) (uint32, bool) {
	low, high := 0, t.len()
	for low < high {
		middle := int(uint(low+high) / 2)
		if t.text(uint32(middle)) < text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return uint32(low), low < t.len() && t.text(uint32(low)) == text
}
