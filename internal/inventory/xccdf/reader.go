package xccdf

import (
	"bufio"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Limits of the elements of a document.
const (
	// maxDepth bounds the nesting of elements; real documents have 17 to 25 levels.
	maxDepth = 100
	// maxElements bounds the elements; an ARF of 8 MB has 66,000.
	maxElements = 2_000_000
	// holding is how much memory is asked for at a time.
	holding = 256 << 10
)

// reader reads a document from front to back, and counts what is kept of it.
type reader struct {
	tokens   *xml.Decoder
	depth    int
	elements int
	kept     int64
	held     int64 // told to hold
	hold     func(bytes int64) error
}

// newReader returns a reader. hold, if not nil, is told how many more bytes may be kept, before they are.
func newReader(r io.Reader, hold func(bytes int64) error) *reader {
	guarded := &guard{source: parse.UTF8Reader(r)}
	x := &reader{tokens: xml.NewDecoder(bufio.NewReaderSize(guarded, 32<<10)), hold: hold}
	x.tokens.CharsetReader = readCharset
	return x
}

// readCharset reads a document in the encoding that it declares. What was UTF-16 is UTF-8 by now.
func readCharset(label string, text io.Reader) (io.Reader, error) {
	switch strings.ToLower(label) {
	case "utf-16", "utf-16le", "utf-16be", "utf8", "us-ascii":
		return text, nil
	case "iso-8859-1", "latin1", "windows-1252":
		return charmap.Windows1252.NewDecoder().Reader(text), nil
	}
	return nil, parse.Invalid("", "the encoding %q is not read", parse.Clip(label, 64))
}

// keep counts bytes that stay in memory until the document ends.
func (x *reader) keep(bytes int) error {
	if x.kept += int64(bytes); x.kept > inventory.MaxReport {
		return &parse.FieldError{Problem: fmt.Sprintf("rules and results take more than %d bytes", inventory.MaxReport),
			Err: parse.ErrTooLarge}
	}
	if x.hold == nil || x.kept < x.held {
		return nil
	}
	x.held += holding
	return x.hold(holding)
}

// next returns the next token, and counts depth and elements.
func (x *reader) next() (xml.Token, error) {
	token, err := x.tokens.Token()
	if err != nil {
		var syntax *xml.SyntaxError
		if errors.As(err, &syntax) {
			err = x.problem("is not XML: line %d: %s", syntax.Line, syntax.Msg)
		}
		return nil, err
	}
	switch token.(type) {
	case xml.Directive: // the guard has refused it
		return nil, x.problem("a document type is declared")
	case xml.EndElement:
		x.depth--
	case xml.StartElement:
		x.elements++
		if x.depth++; x.depth > maxDepth {
			return nil, x.problem("elements nest deeper than %d", maxDepth)
		}
		if x.elements > maxElements {
			return nil, &parse.FieldError{Problem: fmt.Sprintf("the document has more than %d elements", maxElements),
				Err: parse.ErrTooLarge}
		}
	}
	return token, nil
}

// problem makes the error for a fault at the reader's position.
func (x *reader) problem(format string, args ...any) error {
	return parse.Invalid("", "byte %d: %s", x.tokens.InputOffset(), fmt.Sprintf(format, args...))
}

// root skips to the outermost element and returns it.
func (x *reader) root() (xml.StartElement, error) {
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			err = parse.Invalid("", "the document is empty, an element was expected")
		}
		if err != nil {
			return xml.StartElement{}, err
		}
		if e, ok := token.(xml.StartElement); ok {
			return e, nil
		}
	}
}

// end checks that no element follows.
func (x *reader) end() error {
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			return x.problem("the element %q follows the first", parse.Clip(e.Name.Local, 64))
		}
	}
}

// children reads an element to its end. It calls child at each element in it, which child must read to its end.
func (x *reader) children(child func(e xml.StartElement) error) error {
	for {
		token, err := x.next()
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

// skip skips the rest of the element that was begun last.
func (x *reader) skip() error {
	for outer := x.depth - 1; ; {
		if _, err := x.next(); err != nil {
			return err
		}
		if x.depth == outer {
			return nil
		}
	}
}

// attribute returns the value of an attribute of no namespace; "" if it is absent.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name && a.Name.Space == "" {
			return a.Value
		}
	}
	return ""
}

// english reports whether an element is in English, or in no language that it names.
func english(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Local == "lang" {
			return a.Value == "" || strings.HasPrefix(strings.ToLower(a.Value), "en")
		}
	}
	return true
}

// isXCCDF reports whether a name is one of XCCDF.
func isXCCDF(name xml.Name) bool {
	version, ok := strings.CutPrefix(name.Space, inventory.NamespaceXCCDF)
	return ok && (version == "1.1" || version == "1.2")
}
