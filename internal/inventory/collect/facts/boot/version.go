package boot

import (
	"path"
	"regexp"
	"strings"
)

// suffix is the end of a name that ls -v compares last.
var suffix = regexp.MustCompile(`(\.[A-Za-z~][A-Za-z0-9~]*)*$`)

// byVersion compares files by name as ls -v does: numbers by their value, letters before other characters, and what
// follows the last dots only where the rest is the same.
func byVersion(a, b string) int {
	a, b = path.Base(a), path.Base(b)
	if order := byParts(suffix.ReplaceAllString(a, ""), suffix.ReplaceAllString(b, "")); order != 0 {
		return order
	}
	if order := byParts(a, b); order != 0 {
		return order
	}
	return strings.Compare(a, b)
}

// byParts compares texts by their parts, in turn: characters, and a number.
func byParts(a, b string) int {
	for a != "" || b != "" {
		for a != "" && !digit(a) || b != "" && !digit(b) {
			if order := weight(a) - weight(b); order != 0 {
				return order
			}
			a, b = a[min(1, len(a)):], b[min(1, len(b)):]
		}
		var of, to string
		of, a = number(a)
		to, b = number(b)
		if len(of) != len(to) {
			return len(of) - len(to)
		}
		if order := strings.Compare(of, to); order != 0 {
			return order
		}
	}
	return 0
}

func digit(text string) bool { return text[0] >= '0' && text[0] <= '9' }

// number returns the number with which a text begins, without zeros, and the rest of the text.
func number(text string) (digits, rest string) {
	rest = strings.TrimLeft(text, "0123456789")
	return strings.TrimLeft(text[:len(text)-len(rest)], "0"), rest
}

// weight is the place of the character with which a text begins: a tilde before the end, which is before letters.
func weight(text string) int {
	switch {
	case text == "":
		return -1
	case digit(text):
		return 0
	case text[0] == '~':
		return -2
	case text[0] >= 'a' && text[0] <= 'z', text[0] >= 'A' && text[0] <= 'Z':
		return int(text[0])
	}
	return int(text[0]) + 256
}
