package parse

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// MaxDepth bounds the nesting of objects and arrays, and of elements in XML.
const MaxDepth = 32

// JSON reads one JSON text (RFC 8259) from front to back, without building unneeded values.
// encoding/json would need half of the time allowed for receiving a report, cannot bound depth or
// counts, and cannot say which entry of a list was wrong.
//
// Returned strings share memory with src. Invalid UTF-8 in them becomes U+FFFD, and so do halves
// of surrogate pairs.
type JSON struct {
	src   string
	pos   int
	depth int
	buf   []byte
}

// NewJSON returns a parser for a text, which may begin with a byte order mark: PowerShell writes
// one.
func NewJSON(src string) *JSON {
	return &JSON{src: strings.TrimPrefix(src, "\uFEFF")}
}

// problem makes the error for a fault at the parser's position.
func (p *JSON) problem(format string, args ...any) error {
	return Invalid("", "byte %d: %s", p.pos, fmt.Sprintf(format, args...))
}

// expected makes the error for something else at the parser's position.
func (p *JSON) expected(what string) error {
	if p.peek() == 0 && p.pos >= len(p.src) {
		return p.problem("the text ends, %s was expected", what)
	}
	return p.problem("%s was expected, found %q", what, Clip(p.src[p.pos:], 20))
}

// peek skips white space and returns the byte after it; 0 at the end.
func (p *JSON) peek() byte {
	for ; p.pos < len(p.src); p.pos++ {
		switch c := p.src[p.pos]; c {
		case ' ', '\t', '\n', '\r':
		default:
			return c
		}
	}
	return 0
}

// take skips c if it comes next, and reports whether it did.
func (p *JSON) take(c byte) bool {
	if p.peek() != c || p.pos >= len(p.src) {
		return false
	}
	p.pos++
	return true
}

// word skips a literal such as null if it comes next.
func (p *JSON) word(literal string) bool {
	p.peek()
	if !strings.HasPrefix(p.src[p.pos:], literal) {
		return false
	}
	p.pos += len(literal)
	return true
}

// Null skips a null if it comes next.
func (p *JSON) Null() bool { return p.word("null") }

// IsText reports whether a string comes next.
func (p *JSON) IsText() bool { return p.peek() == '"' }

// IsObject reports whether an object comes next.
func (p *JSON) IsObject() bool { return p.peek() == '{' }

// Rest returns the text that was not read yet.
func (p *JSON) Rest() string { return p.src[p.pos:] }

// End checks that nothing follows.
func (p *JSON) End() error {
	if p.peek() != 0 || p.pos < len(p.src) {
		return p.expected("the end of the text")
	}
	return nil
}

// enter skips the opening bracket of an object or array.
func (p *JSON) enter(bracket byte, what string) error {
	if !p.take(bracket) {
		return p.expected(what)
	}
	if p.depth++; p.depth > MaxDepth {
		return p.problem("objects and arrays nest deeper than %d", MaxDepth)
	}
	return nil
}

// leave skips the closing bracket of an object or array if it comes next.
func (p *JSON) leave(bracket byte) bool {
	if !p.take(bracket) {
		return false
	}
	p.depth--
	return true
}

// Object reads an object. It calls member at each value, which member must read.
func (p *JSON) Object(member func(key string) error) error {
	if err := p.enter('{', "an object"); err != nil {
		return err
	}
	for more := !p.leave('}'); more; {
		key, err := p.Text()
		if err != nil {
			return err
		}
		if !p.take(':') {
			return Within(p.expected("':'"), key)
		}
		if err := member(key); err != nil {
			return Within(err, key)
		}
		if more = p.take(','); !more && !p.leave('}') {
			return p.expected("',' or '}'")
		}
	}
	return nil
}

// Array reads an array. It calls item at each value, which item must read.
func (p *JSON) Array(item func(i int) error) error {
	if err := p.enter('[', "an array"); err != nil {
		return err
	}
	more := !p.leave(']')
	for i := 0; more; i++ {
		if err := item(i); err != nil {
			return AtIndex(err, i)
		}
		if more = p.take(','); !more && !p.leave(']') {
			return p.expected("',' or ']'")
		}
	}
	return nil
}

// Members reads an object like Object, without members that are null.
func (p *JSON) Members(member func(key string) error) error {
	return p.Object(func(key string) error {
		if p.Null() {
			return nil
		}
		return member(key)
	})
}

// errFull stops the reading of a list at its limit.
var errFull = errors.New("the list is full")

// List reads an array of at most longest items; the result is never nil.
func List[T any](p *JSON, longest int, read func() (T, error)) ([]T, error) {
	items := make([]T, 0, min(longest, 32))
	err := p.Array(func(i int) error {
		if i == longest {
			return errFull
		}
		item, err := read()
		items = append(items, item)
		return err
	})
	if errors.Is(err, errFull) {
		return nil, TooMany(longest)
	}
	return items, err
}

// Skip skips any value.
func (p *JSON) Skip() error {
	switch p.peek() {
	case '{':
		return p.Object(func(string) error { return p.Skip() })
	case '[':
		return p.Array(func(int) error { return p.Skip() })
	case '"':
		_, err := p.Text()
		return err
	case 't', 'f':
		_, err := p.Flag()
		return err
	case 'n':
		if p.Null() {
			return nil
		}
	}
	_, err := p.digits("a value")
	return err
}

// Flag reads true or false.
func (p *JSON) Flag() (bool, error) {
	switch {
	case p.word("true"):
		return true, nil
	case p.word("false"):
		return false, nil
	}
	return false, p.expected("true or false")
}

// Number reads a number.
func (p *JSON) Number() (float64, error) {
	digits, err := p.digits("a number")
	if err != nil {
		return 0, err
	}
	value, err := strconv.ParseFloat(digits, 64)
	if err != nil {
		return 0, p.problem("the number %q is out of range", Clip(digits, 20))
	}
	return value, nil
}

// digits reads a number and returns it as written.
func (p *JSON) digits(what string) (string, error) {
	p.peek()
	n := numberLength(p.src[p.pos:])
	if n == 0 {
		return "", p.expected(what)
	}
	digits := p.src[p.pos : p.pos+n]
	p.pos += n
	return digits, nil
}

// numberLength returns the length of the number (RFC 8259, section 6) at the beginning of s.
func numberLength(s string) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	whole := digitsLength(s[i:])
	if whole == 0 || whole > 1 && s[i] == '0' {
		return 0
	}
	i += whole
	if i < len(s) && s[i] == '.' {
		fraction := digitsLength(s[i+1:])
		if fraction == 0 {
			return 0
		}
		i += 1 + fraction
	}
	if i == len(s) || s[i]|0x20 != 'e' {
		return i
	}
	i++
	if i < len(s) && (s[i] == '+' || s[i] == '-') {
		i++
	}
	exponent := digitsLength(s[i:])
	if exponent == 0 {
		return 0
	}
	return i + exponent
}

// digitsLength returns how many decimal digits s begins with.
func digitsLength(s string) int {
	return len(s) - len(strings.TrimLeft(s, "0123456789"))
}

// Text reads a string.
func (p *JSON) Text() (string, error) {
	if p.peek() != '"' {
		return "", p.expected("a string")
	}
	start := p.pos + 1
	for i := start; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '"':
			p.pos = i + 1
			return validText(p.src[start:i]), nil
		case c == '\\':
			return p.escapedText(start, i)
		case c < ' ':
			p.pos = i
			return "", p.problem("a string contains a control character")
		}
	}
	p.pos = len(p.src)
	return "", p.problem("the text ends inside a string")
}

// escapedText reads the rest of a string that begins at start and has its first escape at i.
func (p *JSON) escapedText(start, i int) (string, error) {
	p.buf = p.buf[:0]
	for ; i < len(p.src); i++ {
		switch c := p.src[i]; {
		case c == '"':
			p.buf = append(p.buf, p.src[start:i]...)
			p.pos = i + 1
			return validText(string(p.buf)), nil
		case c == '\\':
			r, n := unescape(p.src[i:])
			if n == 0 {
				p.pos = i
				return "", p.problem("a string contains an invalid escape")
			}
			p.buf = append(p.buf, p.src[start:i]...)
			p.buf = utf8.AppendRune(p.buf, r)
			start = i + n
			i = start - 1
		case c < ' ':
			p.pos = i
			return "", p.problem("a string contains a control character")
		}
	}
	p.pos = len(p.src)
	return "", p.problem("the text ends inside a string")
}

// unescape reads the escape at the beginning of s and returns its rune and length; the length is 0
// if it is invalid.
func unescape(s string) (rune, int) {
	if len(s) < 2 {
		return 0, 0
	}
	if s[1] == 'u' {
		return unescapeUnit(s)
	}
	const escapes, meanings = `"\/bfnrt`, "\"\\/\b\f\n\r\t"
	if i := strings.IndexByte(escapes, s[1]); i >= 0 {
		return rune(meanings[i]), 2
	}
	return 0, 0
}

// unescapeUnit reads the \uXXXX at the beginning of s, and the one after it if both make a
// surrogate pair.
func unescapeUnit(s string) (rune, int) {
	unit, ok := hexUnit(s)
	if !ok {
		return 0, 0
	}
	if !utf16.IsSurrogate(unit) {
		return unit, 6
	}
	if low, ok := hexUnit(s[6:]); ok {
		if r := utf16.DecodeRune(unit, low); r != utf8.RuneError {
			return r, 12
		}
	}
	return utf8.RuneError, 6
}

// hexUnit reads the UTF-16 unit written as \uXXXX at the beginning of s.
func hexUnit(s string) (rune, bool) {
	if len(s) < 6 || s[0] != '\\' || s[1] != 'u' {
		return 0, false
	}
	var unit rune
	for _, c := range []byte(s[2:6]) {
		digit := strings.IndexByte("0123456789abcdef", c|0x20)
		if digit < 0 || c < '0' {
			return 0, false
		}
		unit = unit<<4 | rune(digit)
	}
	return unit, true
}

// validText replaces invalid UTF-8.
func validText(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}
