package rbac

import (
	"strings"
	"unicode/utf8"
)

// wildcards are the characters that match others: "*" any number, "?" one.
const wildcards = "*?"

// pattern is a folded text with wildcards. A nil pattern matches everything.
type pattern struct {
	// letters are the letters of the text. Most strings are rejected by them, and by head and
	// tail.
	letters letters
	// head and tail are the text before the first and after the last wildcard; body is between
	// them, empty if there is none.
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

// isLiteral reports whether there is a pattern without wildcards.
func (p *pattern) isLiteral() bool { return p != nil && p.body == "" }

// match reports whether the whole text matches. If letters, head and tail do not decide, the work
// is in proportion to the length of the pattern times the number of 64-character words of the
// text, whatever the pattern is.
func (p *pattern) match(t *text, w *work) bool {
	switch {
	case p == nil:
		return true
	case p.letters&^t.letters != 0:
		return false
	case p.body == "":
		return t.folded == p.head
	case len(t.folded) < len(p.head)+len(p.tail) || !strings.HasPrefix(t.folded, p.head) ||
		!strings.HasSuffix(t.folded, p.tail):
		return false
	}
	return p.body == "*" || t.places(w).match(p, w)
}

// match reports whether the body of a pattern matches the part of the string between head and
// tail, which the string has. It keeps the set of all places that the pattern may have reached, so
// that no place is tried twice.
func (p *places) match(pattern *pattern, w *work) bool {
	from, to := utf8.RuneCountInString(pattern.head), p.last-utf8.RuneCountInString(pattern.tail)
	var few [4]uint64 // enough for every name in a report
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

// step moves from each place in both sets to the next one, and reports whether there is any.
func step(reached, before []uint64) bool {
	var carry, some uint64
	for i := range before { // as long as reached, or empty
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
