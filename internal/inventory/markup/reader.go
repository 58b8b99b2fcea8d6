package markup

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// maxElements bounds the elements of a document.
const maxElements = 2_000_000

// Reader reads a document from front to back. Each method that reads an element reads the one that was begun last, to
// its end.
type Reader struct {
	tokens   *xml.Decoder
	limits   Limits
	depth    int
	elements int
}

// New returns a reader of a document.
func New(r io.Reader, limits Limits) *Reader {
	guarded := &guard{source: parse.UTF8Reader(r), limits: limits}
	x := &Reader{tokens: xml.NewDecoder(bufio.NewReaderSize(guarded, 32<<10)), limits: limits}
	x.tokens.CharsetReader = readCharset
	return x
}

// readCharset reads a document in the encoding that it declares. What was UTF-16 is UTF-8 by now.
func readCharset(label string, text io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "utf8", "us-ascii":
		return text, nil
	case "iso-8859-1", "latin1", "windows-1252":
		return parse.WesternReader(text), nil
	}
	return nil, parse.Invalid("", "the encoding %q is not read", parse.Clip(label, 64))
}

// Next returns the next token, and counts depth and elements.
func (x *Reader) Next() (xml.Token, error) {
	token, err := x.tokens.Token()
	if err != nil {
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			err = x.Problem("is not XML: line %d: %s", syntax.Line, syntax.Msg)
		}
		return nil, err
	}
	switch token.(type) {
	case xml.Directive: // the guard has refused it
		return nil, x.Problem("has a document type declaration")
	case xml.EndElement:
		x.depth--
	case xml.StartElement:
		x.elements++
		if x.depth++; x.depth > x.limits.Depth {
			return nil, x.Problem("elements nest deeper than %d", x.limits.Depth)
		}
		if x.elements > maxElements {
			return nil, &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d elements", maxElements),
				Err: parse.ErrTooLarge}
		}
	}
	return token, nil
}

// Problem makes the error for a fault at the reader's position.
func (x *Reader) Problem(format string, args ...any) error {
	return parse.Invalid("", "byte %d: %s", x.tokens.InputOffset(), fmt.Sprintf(format, args...))
}

// Root skips to the outermost element and returns it.
func (x *Reader) Root() (xml.StartElement, error) {
	for {
		token, err := x.Next()
		if errors.Is(err, io.EOF) {
			err = parse.Invalid("", "the text ends, an element was expected")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		if e, ok := token.(xml.StartElement); ok {
			return e, nil
		}
	}
}

// End checks that no element follows.
func (x *Reader) End() error {
	for {
		token, err := x.Next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			return x.Problem("the element %q follows the first", parse.Clip(e.Name.Local, 64))
		}
	}
}

// Children reads an element to its end. It calls child at each element in it, which child must read to its end.
func (x *Reader) Children(child func(e xml.StartElement) error) error {
	for {
		token, err := x.Next()
		if err != nil {
			return err // the decoder itself refuses a text that is cut off
		}
		switch token := token.(type) {
		case xml.EndElement:
			return nil
		case xml.StartElement:
			if err := child(token); err != nil {
				return parse.Within(err, token.Name.Local)
			}
		}
	}
}

// Skip skips the rest of the element that was begun last.
func (x *Reader) Skip() error {
	for outer := x.depth - 1; ; {
		if _, err := x.Next(); err != nil {
			return err
		}
		if x.depth == outer {
			return nil
		}
	}
}

// Attribute returns the value of an attribute of no namespace; "" if it is absent.
func Attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// Text reads an element that contains text, of at most so many bytes, without that of elements in it.
func (x *Reader) Text(most int) (string, error) {
	var text []byte
	for {
		token, err := x.Next()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return string(text), nil
		case xml.StartElement:
			if err := x.Skip(); err != nil {
				return "", err
			}
		case xml.CharData:
			if len(text)+len(token) > most {
				return "", parse.Invalid("", "is longer than %d bytes", most)
			}
			text = append(text, token...) // comments split it into pieces
		}
	}
}
