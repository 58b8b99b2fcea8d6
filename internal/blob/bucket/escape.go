package bucket

import (
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// azureStrange are the characters that Azure does not know in names, or not well. S3 knows them.
const azureStrange = "\"#%?\\\x7f"

// escape writes a name as a service knows it. A control character, one of strange, and the slash of
// "../" become their number, as in __0x2f__; so does the first character of "__0x". It is the way of
// gocloud, by which earlier versions wrote, but for names with "__0x" that it confused with others.
// All of these characters are of one byte.
func escape(name, strange string) string {
	var b strings.Builder
	for i := range len(name) {
		c := name[i]
		if c < ' ' || strings.IndexByte(strange, c) >= 0 || c == '/' && strings.HasSuffix(name[:i], "..") ||
			strings.HasPrefix(name[i:], "__0x") {
			fmt.Fprintf(&b, "__%#x__", c)
		} else {
			b.WriteByte(c)
		}
	}
	return b.String()
}

// unescape reads a name as escape writes it.
func unescape(name string) string {
	var b strings.Builder
	for len(name) > 0 {
		r, length := escaped(name)
		if length > 0 {
			b.WriteRune(r)
		} else {
			length = 1
			b.WriteByte(name[0])
		}
		name = name[length:]
	}
	return b.String()
}

// escaped returns the escaped character with which a text begins, and the length of its form, or 0.
func escaped(text string) (r rune, length int) {
	rest, ok := strings.CutPrefix(text, "__0x")
	digits, _, ended := strings.Cut(rest, "__")
	if !ok || !ended {
		return 0, 0
	}
	n, err := strconv.ParseUint(digits, 16, 31)
	if err != nil || !utf8.ValidRune(rune(n)) {
		return 0, 0
	}
	return rune(n), len("__0x") + len(digits) + len("__")
}
