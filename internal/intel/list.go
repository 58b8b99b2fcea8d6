package intel

import (
	"bufio"
	"bytes"
	"errors"
	"fmt"
	"io"
)

// listReader cuts the members out of a JSON list that has begun. It only looks for the ends of
// values: whatever is wrong inside a member, the next one is found, as long as its brackets and
// quotes are closed.
type listReader struct {
	r       *bufio.Reader
	longest int64
	begun   bool
	member  bytes.Buffer
}

// maxPiece is how much of a list is looked at at once, in bytes.
const maxPiece = 64 << 10

func newListReader(r io.Reader, longest int64) *listReader {
	return &listReader{r: bufio.NewReaderSize(r, maxPiece), longest: longest}
}

// next returns the text of the next member; errLong for one that is too long, after which the next
// can be read; io.EOF at the end of the list. Other errors are final.
func (l *listReader) next() ([]byte, error) {
	c, err := l.mark()
	if err != nil {
		return nil, err
	}
	if c == ']' {
		return nil, io.EOF
	}
	if l.begun {
		if c != ',' {
			return nil, fmt.Errorf("invalid character %q between two entries of a list", c)
		}
		if c, err = l.mark(); err != nil {
			return nil, err
		}
	}
	l.begun = true
	l.member.Reset()
	v := valueEnd{}
	if !v.begin(c) {
		return nil, fmt.Errorf("invalid character %q at the beginning of an entry of a list", c)
	}
	if err := l.r.UnreadByte(); err != nil {
		return nil, err
	}
	size, err := l.value(&v)
	if err == nil && size > l.longest {
		return nil, errLong
	}
	return bytes.Clone(l.member.Bytes()), err
}

// errLong says that a member is too long; limits of the file are other errors.
var errLong = errors.New("a long entry")

// mark returns the next character that is no white space.
func (l *listReader) mark() (byte, error) {
	for {
		c, err := l.r.ReadByte()
		if err != nil {
			return 0, unexpected(err)
		}
		if c != ' ' && c != '\n' && c != '\r' && c != '\t' {
			return c, nil
		}
	}
}

// unexpected is the error for an end in the middle of a list.
func unexpected(err error) error {
	if errors.Is(err, io.EOF) {
		return io.ErrUnexpectedEOF
	}
	return err
}

// value reads a value into l.member, as much as there is room, and returns its size.
func (l *listReader) value(v *valueEnd) (size int64, err error) {
	for {
		if _, err := l.r.Peek(1); err != nil {
			if v.isScalar && errors.Is(err, io.EOF) { // the list's end is missed by the next call
				return size, nil
			}
			return size, unexpected(err)
		}
		piece, err := l.r.Peek(l.r.Buffered())
		if err != nil {
			return size, err
		}
		n, ended := v.in(piece)
		if size += int64(n); size <= l.longest {
			l.member.Write(piece[:n])
		}
		if _, err := l.r.Discard(n); err != nil || ended {
			return size, err
		}
	}
}

// valueEnd finds the end of a JSON value in its text, of which it sees one piece after the other.
type valueEnd struct {
	depth    int
	isScalar bool // a number or a word
	inString bool
	escaped  bool // the last character of a string was a backslash
}

// begin looks at the first character; false if no value begins with it.
func (v *valueEnd) begin(c byte) bool {
	v.isScalar = c == '-' || '0' <= c && c <= '9' || c == 't' || c == 'f' || c == 'n'
	return v.isScalar || c == '{' || c == '[' || c == '"'
}

// in returns how many bytes of a piece belong to the value, and whether it ends with them.
func (v *valueEnd) in(piece []byte) (n int, ended bool) {
	if v.isScalar {
		if n = bytes.IndexAny(piece, ",] \t\r\n"); n < 0 {
			return len(piece), false
		}
		return n, true
	}
	for n = 0; n < len(piece); n++ {
		c := piece[n]
		switch {
		case v.inString && v.escaped:
			v.escaped = false
		case v.inString && c == '\\':
			v.escaped = true
		case v.inString && c != '"':
			continue
		case c == '"':
			v.inString = !v.inString
		case c == '{', c == '[':
			v.depth++
		case c == '}', c == ']':
			v.depth--
		}
		if v.depth == 0 && !v.inString && (c == '"' || c == '}' || c == ']') {
			return n + 1, true
		}
	}
	return n, false
}
