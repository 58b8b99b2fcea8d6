package rbac

import "strings"

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

// letters is a set of bytes, in which different ones may be the same: where a
// set is no part of another, then no string with the one is in a string with the
// other.
type letters uint64

func lettersOf(s string) (all letters) {
	for i := range len(s) {
		all |= 1 << (s[i] & 63)
	}
	return all
}
