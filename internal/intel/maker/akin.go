package maker

import (
	"strings"
	"unicode"

	"github.com/muster-project/muster/internal/intel/subject"
)

// minAkin is the least length of a name that another one may begin with, or abbreviate to.
const minAkin = 3

// akin reports whether a maker's text and the vendor of a CPE are the same in other words: without blanks and signs
// one begins with the other ("wireshark foundation" and "wireshark", "red hat" and "redhat"), or the vendor has the
// first letters of the text's words ("hewlett packard enterprise" and "hpe").
func akin(text, vendor string) bool {
	text = subject.CleanVendor(text)
	a, b := letters(text), letters(subject.CleanVendor(vendor))
	if min(len(a), len(b)) < minAkin {
		return false
	}
	return strings.HasPrefix(a, b) || strings.HasPrefix(b, a) || initials(text) == b
}

// letters returns a text without anything but letters and digits.
func letters(text string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return r
		}
		return -1
	}, text)
}

// initials returns the first letters of a text's words.
func initials(text string) string {
	var b strings.Builder
	isSign := func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }
	for _, word := range strings.FieldsFunc(text, isSign) {
		for _, r := range word {
			b.WriteRune(r)
			break
		}
	}
	return b.String()
}
