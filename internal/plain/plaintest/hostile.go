// Package plaintest has hostile text, and a check of output that is based on Unicode's categories
// only, for tests of code that prints text from outside.
package plaintest

import (
	"strconv"
	"unicode"

	"pgregory.net/rapid"
)

// hostile are characters that move a cursor, change the direction of text, or are invisible.
var hostile = []rune{0, '\a', '\b', '\t', '\n', '\r', 0x1b, 0x7f, 0x80, 0x85, 0x9b, 0x9d, 0xa0, 0xad, 0x34f,
	0x61c, 0x115f, 0x180e, 0x2028,
	0x2029, 0x200b, 0x200c, 0x200d, 0x200e, 0x200f, 0x202a, 0x202b, 0x202c, 0x202d, 0x202e, 0x2060, 0x2066,
	0x2067, 0x2068, 0x2069, 0x2800,
	0x3164, 0xfe0f, 0xfeff, 0xfff9, 0xe0001, 0xe0041, 0xe007f, 0xe0100, 0x10ffff}

// Text draws text with plain and hostile parts.
func Text() *rapid.Generator[string] {
	plainly := rapid.SampledFrom([]rune{'a', 'Z', '7', ' ', '\\', '"', 'é', '漢', '😀'})
	return rapid.StringOfN(rapid.OneOf(plainly, rapid.SampledFrom(hostile), rapid.Rune()), 1, 12, -1)
}

// Steers tells whether a terminal would act on a character of the output, or not show it. It uses
// Unicode's categories, not inventory.IsVisible.
func Steers(text string) string {
	for _, r := range text {
		switch {
		case r == '\n' || r == '\t':
		case unicode.In(r, unicode.Cc, unicode.Cf, unicode.Zl, unicode.Zp, unicode.Co, unicode.Cs), r == 0xad, r == 0x34f,
			r == 0x3164, r == 0xfe0f:
			return strconv.QuoteToASCII(string(r))
		}
	}
	return ""
}

// Hostile is text of all hostile characters.
var Hostile = string(hostile)
