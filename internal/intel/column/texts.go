package column

import "slices"

// Texts holds texts, ascending and distinct, so that their numbers sort like the texts. "" is 0.
type Texts struct {
	blob string
	// ends has one more element than there are texts: text i is blob[ends[i]:ends[i+1]].
	ends []uint32
}

// NewTexts makes Texts from a list, which it sorts, and "".
func NewTexts(list []string) Texts {
	list = append(list, "")
	slices.Sort(list)
	list = slices.Compact(list)
	size := 0
	for _, text := range list {
		size += len(text)
	}
	t := Texts{ends: make([]uint32, 1, len(list)+1)}
	blob := make([]byte, 0, size)
	for _, text := range list {
		blob = append(blob, text...)
		t.ends = append(t.ends, uint32(len(blob)))
	}
	t.blob = string(blob)
	return t
}

// Visit visits the texts.
func (t *Texts) Visit(v Visitor) {
	v.Text(&t.blob)
	v.Numbers(&t.ends)
}

// Check reports whether all texts lie within blob.
func (t *Texts) Check() bool {
	return len(t.ends) > 1 && Starts(t.ends, uint32(t.Len()), uint32(len(t.blob)))
}

// Len returns the number of texts.
func (t *Texts) Len() int { return len(t.ends) - 1 }

// Text returns a text by its number.
func (t *Texts) Text(id uint32) string { return t.blob[t.ends[id]:t.ends[id+1]] }

// Find returns the number of a text, or where it would be inserted.
func (t *Texts) Find(text string) (uint32, bool) {
	low, high := 0, t.Len()
	for low < high {
		middle := int(uint(low+high) / 2)
		if t.Text(uint32(middle)) < text {
			low = middle + 1
		} else {
			high = middle
		}
	}
	return uint32(low), low < t.Len() && t.Text(uint32(low)) == text
}

// Number returns the number of a text that exists.
func (t *Texts) Number(text string) uint32 {
	id, _ := t.Find(text)
	return id
}
