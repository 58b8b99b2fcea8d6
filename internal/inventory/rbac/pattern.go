package rbac

import (
	"strings"
	"unicode/utf8"
)

// wildcards are the characters that stand for others: "*" for any number of
// them, "?" for one.
const wildcards = "*?"

// pattern is a folded text with wildcards. A nil pattern matches everything.
type pattern struct {
	// letters are those of the text. Most strings are refused by them, and by
	// head and tail.
	letters letters
	// head and tail are what comes before the first and after the last
	// wildcard, body is what lies between them: empty where there is none.
	head, body, tail string
}

// newPattern compiles a condition; an empty one is nil.
func newPattern(condition string) *pattern {
	if condition == "" {
		return nil
	}
	text := fold(condition)
	p := &pattern{head: text}
	if first := strings.IndexAny(text, wildcards); first >= 0 {
		last := strings.LastIndexAny(text, wildcards)
		p.head, p.body, p.tail = text[:first], text[first:last+1], text[last+1:]
	}
	for _, run := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(wildcards, r) }) {
		p.letters |= lettersOf(run)
	}
	return p
}

// isLiteral tells whether there is a pattern that matches one string only.
func (p *pattern) isLiteral() bool { return p != nil && p.body == "" }

// match tells whether all of a text matches. Where letters, head and tail do not
// tell, it takes work in proportion to the length of the pattern, times the words
// of 64 characters of the text, whatever the pattern is.
func (p *pattern) match(t *text, w *work) bool {
	switch {
	case p == nil:
		return true
	case p.letters&^t.letters != 0:
		return false
	case p.body == "":
		return t.folded == p.head
	case len(t.folded) < len(p.head)+len(p.tail) || !strings.HasPrefix(t.folded, p.head) || !strings.HasSuffix(t.folded, p.tail):
		return false
	}
	return p.body == "*" || t.places(w).match(p, w)
}

// match tells whether what lies between a pattern's head and tail matches what
// lies between them in the string, which has both. It keeps the set of all
// places up to which the pattern may have come, so that no place is tried twice.
func (p *places) match(pattern *pattern, w *work) bool {
	from, to := utf8.RuneCountInString(pattern.head), p.last-utf8.RuneCountInString(pattern.tail)
	var few [4]uint64 // enough for every name that a report may have
	reached := few[:]
	if p.words > len(few) {
		reached = make([]uint64, p.words)
	}
	reached = reached[:p.words]
	reached[from/64] = 1 << (from % 64)
	w.left -= matchWork
	for _, r := range pattern.body {
		w.left -= p.words
		some := false
		switch r {
		case '*':
			some = fill(reached)
		case '?':
			some = step(reached, p.any())
		default:
			some = step(reached, p.before(r))
		}
		if !some {
			return false
		}
	}
	return reached[to/64]&(1<<(to%64)) != 0
}

// step goes from each place that is in both sets to the next one, and tells
// whether there is any.
func step(reached, before []uint64) bool {
	var carry, some uint64
	for i := range before { // as many as are reached, or none
		both := reached[i] & before[i]
		reached[i] = both<<1 | carry
		carry = both >> 63
		some |= both
	}
	return some != 0
}

// fill adds all places after the first one.
func fill(reached []uint64) bool {
	for i, set := range reached {
		if set == 0 {
			continue
		}
		reached[i] = set | -set
		for j := i + 1; j < len(reached); j++ {
			reached[j] = ^uint64(0)
		}
		return true
	}
	return false
}
