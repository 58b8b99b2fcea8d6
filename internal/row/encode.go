package row

import (
	"bytes"
	"math"
	"strconv"
	"unicode/utf8"

	"github.com/muster-project/muster/defender"
)

const hexDigits = "0123456789abcdef"

// Members are appended with a comma before them.

// appendKey appends the comma and the key of field f.
func appendKey(dst []byte, f defender.Field) []byte {
	dst = append(dst, `,"`...)
	dst = append(dst, f.String()...)
	return append(dst, `":`...)
}

// appendMember appends field f with a string value.
func appendMember(dst []byte, f defender.Field, value string) []byte {
	return appendString(appendKey(dst, f), value)
}

// appendKnown appends field f unless value is empty, which means null.
func appendKnown(dst []byte, f defender.Field, value string) []byte {
	if value == "" {
		return dst
	}
	return appendMember(dst, f, value)
}

// appendBool appends field f with a boolean value.
func appendBool(dst []byte, f defender.Field, value bool) []byte {
	return strconv.AppendBool(appendKey(dst, f), value)
}

// appendStrings appends an array of strings.
func appendStrings(dst []byte, values []string) []byte {
	dst = append(dst, '[')
	for i, value := range values {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, value)
	}
	return append(dst, ']')
}

// appendString appends s as a JSON string.
func appendString(dst []byte, s string) []byte {
	return append(appendText(append(dst, '"'), s), '"')
}

// appendText appends s as between the quotes of a JSON string, escaped like encoding/json without
// escaping for HTML.
func appendText(dst []byte, s string) []byte {
	for {
		n := plainLength(s)
		dst = append(dst, s[:n]...)
		if n == len(s) {
			return dst
		}
		r, size := utf8.DecodeRuneInString(s[n:])
		dst = appendEscape(dst, r)
		s = s[n+size:]
	}
}

// plainLength returns the length of the prefix of s that needs no escape.
func plainLength(s string) int {
	for i := 0; i < len(s); {
		if c := s[i]; c < utf8.RuneSelf {
			if c < ' ' || c == '"' || c == '\\' {
				return i
			}
			i++
			continue
		}
		r, size := utf8.DecodeRuneInString(s[i:])
		if r == '\u2028' || r == '\u2029' || r == utf8.RuneError && size == 1 {
			return i
		}
		i += size
	}
	return len(s)
}

// appendEscape appends the escape of a character that needs one; utf8.RuneError stands for a byte
// that is not UTF-8.
func appendEscape(dst []byte, r rune) []byte {
	switch r {
	case '"', '\\':
		return append(dst, '\\', byte(r))
	case '\b':
		return append(dst, `\b`...)
	case '\f':
		return append(dst, `\f`...)
	case '\n':
		return append(dst, `\n`...)
	case '\r':
		return append(dst, `\r`...)
	case '\t':
		return append(dst, `\t`...)
	}
	return append(dst, '\\', 'u', hexDigits[r>>12&15], hexDigits[r>>8&15], hexDigits[r>>4&15], hexDigits[r&15])
}

// appendNumber appends f as files have it: as encoding/json writes it, but always with a fraction or
// an exponent, such as 7.0. A value that JSON cannot represent becomes 0.0.
func appendNumber(dst []byte, f float64) []byte {
	begin := len(dst)
	dst = appendShort(dst, f)
	if bytes.ContainsAny(dst[begin:], ".e") {
		return dst
	}
	return append(dst, wholeNumber...)
}

// wholeNumber is the fraction of whole numbers in files.
const wholeNumber = ".0"

// appendShort appends f as encoding/json writes it, which is its form in pages, and in files of
// version 1. A value that JSON cannot represent becomes 0.
func appendShort(dst []byte, f float64) []byte {
	if math.IsNaN(f) || math.IsInf(f, 0) {
		return append(dst, '0')
	}
	size := math.Abs(f)
	if f == 0 || size >= 1e-6 && size < 1e21 {
		return strconv.AppendFloat(dst, f, 'f', -1, 64)
	}
	dst = strconv.AppendFloat(dst, f, 'e', -1, 64)
	if n := len(dst); dst[n-2] == '0' && dst[n-3] == '-' { // e-09 is written e-9
		dst = append(dst[:n-2], dst[n-1])
	}
	return dst
}
