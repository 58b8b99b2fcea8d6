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
	text string
	// head and tail are what comes before the first and after the last
	// wildcard, core is the longest run without any: most strings are refused
	// by them.
	head, tail, core string
}

// newPattern compiles a condition; an empty one is nil.
func newPattern(condition string) *pattern {
	if condition == "" {
		return nil
	}
	p := &pattern{text: fold(condition)}
	p.head, p.tail = p.text, p.text
	if i := strings.IndexAny(p.text, wildcards); i >= 0 {
		p.head, p.tail = p.text[:i], p.text[strings.LastIndexAny(p.text, wildcards)+1:]
	}
	for _, run := range strings.FieldsFunc(p.text, func(r rune) bool { return strings.ContainsRune(wildcards, r) }) {
		if len(run) > len(p.core) {
			p.core = run
		}
	}
	return p
}

// isLiteral tells whether there is a pattern that matches one string only.
func (p *pattern) isLiteral() bool { return p != nil && len(p.head) == len(p.text) }

// match tells whether all of a folded string matches.
func (p *pattern) match(s string) bool {
	switch {
	case p == nil:
		return true
	case p.isLiteral():
		return s == p.text
	}
	return strings.HasPrefix(s, p.head) && strings.HasSuffix(s, p.tail) && strings.Contains(s, p.core) &&
		wild(p.text[len(p.head):], s[len(p.head):])
}

// wild matches by trying what follows the last "*" at ever later places. An
// earlier one never needs another try, so the time is bounded by the product
// of the two lengths, whatever the pattern.
func wild(text, s string) bool {
	star, from := -1, 0 // what follows the last "*", and where it was tried
	t, i := 0, 0
	for i < len(s) {
		switch {
		case t < len(text) && text[t] == '*':
			star, from = t+1, i
		case t < len(text) && text[t] == '?':
			t++
			i += width(s[i:])
			continue
		case t < len(text) && text[t] == s[i]:
			t++
			i++
			continue
		case star < 0:
			return false
		default:
			from += width(s[from:])
		}
		skip := seek(text[star:], s[from:])
		if skip < 0 {
			return false
		}
		from += skip
		t, i = star, from
	}
	return strings.Trim(text[t:], "*") == ""
}

// seek returns the first place in s where text may begin to match, -1 if there
// is none.
func seek(text, s string) int {
	switch {
	case text == "":
		return len(s)
	case strings.IndexByte(wildcards, text[0]) >= 0:
		return 0
	}
	return strings.IndexByte(s, text[0])
}

// width is the length of the first character in bytes, 0 if there is none.
func width(s string) int {
	_, n := utf8.DecodeRuneInString(s)
	return n
}
