package rbac

import "unicode/utf8"

// text is a folded string to be matched with patterns.
type text struct {
	folded  string
	letters letters
	at      *places // nil until a pattern needs it
}

func newText(s string) text {
	folded := fold(s)
	return text{folded: folded, letters: lettersOf(folded)}
}

// places returns the places of the characters. They are computed once for all patterns.
func (t *text) places(w *work) *places {
	if t.at == nil {
		w.left -= len(t.folded)
		t.at = newPlaces(t.folded)
	}
	return t.at
}

// places holds the places of a string's characters as sets of bits: place i is before character i,
// and the last place is after all of them.
type places struct {
	last  int
	words int      // size of a set
	sets  []uint64 // one after the other; the first is that of any character
	// The numbers of the sets of places before a character; 0 is none.
	ascii [utf8.RuneSelf]uint8
	other map[rune][]uint64
}

func newPlaces(s string) *places {
	last := utf8.RuneCountInString(s)
	p := &places{last: last, words: last/64 + 1}
	p.sets = make([]uint64, p.words, p.words*(1+min(last, utf8.RuneSelf)))
	i := 0
	for _, r := range s {
		p.make(r)[i/64] |= 1 << (i % 64)
		p.sets[i/64] |= 1 << (i % 64)
		i++
	}
	return p
}

// any returns the set of places before any character.
func (p *places) any() []uint64 { return p.sets[:p.words] }

// before returns the set of places before a character; nil if the string does not contain it.
func (p *places) before(r rune) []uint64 {
	if r >= utf8.RuneSelf {
		return p.other[r]
	}
	if number := int(p.ascii[r]); number > 0 {
		return p.sets[number*p.words:][:p.words]
	}
	return nil
}

// make makes the set for before.
func (p *places) make(r rune) []uint64 {
	set := p.before(r)
	switch {
	case set != nil:
	case r < utf8.RuneSelf:
		p.ascii[r] = uint8(len(p.sets) / p.words)
		p.sets = p.sets[:len(p.sets)+p.words] // there is room for all of them
		set = p.before(r)
	default:
		if p.other == nil {
			p.other = map[rune][]uint64{}
		}
		set = make([]uint64, p.words)
		p.other[r] = set
	}
	return set
}

// matchWork is the fixed cost of a match, in steps.
const matchWork = 8

// letters is a set of bytes, in which different bytes may coincide: if a set is not a subset of
// another, then no string with the one set is part of a string with the other.
type letters uint64

func lettersOf(s string) (all letters) {
	for i := range len(s) {
		all |= 1 << (s[i] & 63)
	}
	return all
}
