package row

import (
	"bytes"
	"encoding/binary"
	"math"
	"math/bits"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/muster-project/muster/defender"
)

// The functions in this file find the end of a value that begins at an offset. They return the end
// and true, or the offset of a fault and false. They never read beyond the line.

// valueEnd returns the end of the value of kind k that begins at line[i].
func valueEnd(k defender.Kind, line []byte, i int) (int, bool) {
	switch k {
	case defender.KindText:
		return stringEnd(line, i)
	case defender.KindTexts:
		return stringsEnd(line, i)
	case defender.KindCount, defender.KindInteger:
		return integerEnd(line, i)
	case defender.KindNumber:
		return numberEnd(line, i)
	case defender.KindBoolean:
		return boolEnd(line, i)
	}
	return timeEnd(k, line, i)
}

// stringEnd finds the end of a string.
func stringEnd(line []byte, i int) (int, bool) {
	if i >= len(line) || line[i] != '"' {
		return i, false
	}
	begin := i + 1
	end, high := nextSpecial(line, begin)
	for end < len(line) && line[end] == '\\' {
		n := escapeLength(line[end:])
		if n == 0 {
			return end, false
		}
		next, more := nextSpecial(line, end+n)
		end, high = next, high|more
	}
	if end >= len(line) || line[end] != '"' {
		return end, false
	}
	if high != 0 {
		if at, ok := validText(line[begin:end]); !ok {
			return begin + at, false
		}
	}
	return end + 1, true
}

const (
	everyByte = 0x0101010101010101 // times a byte: the byte eight times
	everyHigh = 0x80 * everyByte
)

// nextSpecial returns the offset, from i on, of the first quote, backslash or control character,
// or the length of line. It reads eight bytes at a time; high is 0 if all bytes before are ASCII.
func nextSpecial(line []byte, i int) (at int, high uint64) {
	for ; i+8 <= len(line); i += 8 {
		w := binary.LittleEndian.Uint64(line[i:])
		quote, backslash := w^'"'*everyByte, w^'\\'*everyByte
		// A byte's top bit is set if the byte is zero, or below a space. A borrow may set bits
		// above the first such byte, which does not matter.
		found := ((quote-everyByte)&^quote | (backslash-everyByte)&^backslash | (w-' '*everyByte)&^w) & everyHigh
		if found != 0 {
			n := bits.TrailingZeros64(found) &^ 7
			return i + n/8, high | w&everyHigh&(1<<n-1)
		}
		high |= w & everyHigh
	}
	for ; i < len(line) && line[i] != '"' && line[i] != '\\' && line[i] >= ' '; i++ {
		high |= uint64(line[i] & 0x80)
	}
	return i, high
}

// escapeLength returns the length of the escape at the beginning of line; 0 if appendEscape does
// not write it.
func escapeLength(line []byte) int {
	if len(line) < 2 {
		return 0
	}
	switch line[1] {
	case '\\', '"', 'b', 'f', 'n', 'r', 't':
		return 2
	}
	if line[1] != 'u' || len(line) < 6 {
		return 0
	}
	switch string(line[2:6]) {
	case "fffd", "2028", "2029":
		return 6
	case "0008", "0009", "000a", "000c", "000d": // have shorter ones
		return 0
	}
	if control := line[2] == '0' && line[3] == '0' && (line[4] == '0' || line[4] == '1'); !control {
		return 0
	}
	if !isDigit(line[5]) && (line[5] < 'a' || line[5] > 'f') {
		return 0
	}
	return 6
}

// validText checks that text is UTF-8 without the two line separators, which are always escaped.
// It returns the offset of the first fault.
func validText(text []byte) (int, bool) {
	for i := 0; i < len(text); {
		if text[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, size := utf8.DecodeRune(text[i:])
		if r == '\u2028' || r == '\u2029' || r == utf8.RuneError && size == 1 {
			return i, false
		}
		i += size
	}
	return len(text), true
}

// stringsEnd finds the end of an array of strings.
func stringsEnd(line []byte, i int) (int, bool) {
	if i >= len(line) || line[i] != '[' {
		return i, false
	}
	i++
	if i < len(line) && line[i] == ']' {
		return i + 1, true
	}
	for {
		end, ok := stringEnd(line, i)
		if !ok || end >= len(line) {
			return end, false
		}
		switch line[end] {
		case ']':
			return end + 1, true
		case ',':
			i = end + 1
		default:
			return end, false
		}
	}
}

// integerEnd finds the end of a whole number of 64 bits.
func integerEnd(line []byte, i int) (int, bool) {
	begin, limit := i, uint64(math.MaxInt64)
	if i < len(line) && line[i] == '-' {
		i++
		limit++
	}
	first, n := i, uint64(0)
	for ; i < len(line) && isDigit(line[i]); i++ {
		digit := uint64(line[i] - '0')
		if n > (limit-digit)/10 {
			return i, false
		}
		n = n*10 + digit
	}
	switch {
	case i == first:
		return i, false
	case line[first] == '0' && (i > first+1 || first > begin): // 007, -0
		return first, false
	}
	return i, true
}

// numberEnd finds the end of a float64 as appendNumber writes it, or as rows of version 1 have it.
func numberEnd(line []byte, i int) (int, bool) {
	const longest = 32
	begin := i
	for i < len(line) && i < begin+longest && (isDigit(line[i]) || strings.IndexByte("-+.e", line[i]) >= 0) {
		i++
	}
	if number := line[begin:i]; !isScore(number) && !isWritten(number) {
		return begin, false
	}
	return i, true
}

// isScore reports quickly whether number has the usual form, such as 9.8, 7.0 or 10.0.
func isScore(number []byte) bool {
	if len(number) == 3 {
		return isDigit(number[0]) && number[1] == '.' && isDigit(number[2])
	}
	return string(number) == "10.0"
}

// isWritten reports whether number is written like this in rows of any version.
func isWritten(number []byte) bool {
	f, err := strconv.ParseFloat(string(number), 64)
	return err == nil && (string(appendNumber(nil, f)) == string(number) || string(appendShort(nil, f)) == string(number))
}

// boolEnd finds the end of true or false.
func boolEnd(line []byte, i int) (int, bool) {
	switch {
	case bytes.HasPrefix(line[i:], []byte("true")):
		return i + 4, true
	case bytes.HasPrefix(line[i:], []byte("false")):
		return i + 5, true
	}
	return i, false
}

// timeEnd finds the end of a string in a spelling of a Timestamp.
func timeEnd(k defender.Kind, line []byte, i int) (int, bool) {
	if i >= len(line) || line[i] != '"' {
		return i, false
	}
	n := timestampLength(k, line[i+1:])
	end := i + 1 + n
	if n == 0 || end >= len(line) || line[end] != '"' {
		return i, false
	}
	return end + 1, true
}
