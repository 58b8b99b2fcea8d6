package sbom

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"

	"golang.org/x/text/encoding/charmap"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Further limits of an SBOM in XML. The standard library's decoder builds an element with all its
// attributes, so these are counted first.
const (
	// maxElements bounds the elements of a document; the smallest useful component has three.
	maxElements = 2_000_000
	// maxAttributes bounds the attributes of one element; those of CycloneDX have about five.
	maxAttributes = 64
)

// xmlReader reads one XML text from front to back, without building unneeded values.
type xmlReader struct {
	tokens   *xml.Decoder
	depth    int
	elements int
}

// readCycloneDXXML reads the parts of an XML document that a report needs. It refuses documents
// that are not CycloneDX, are nested too deeply, are too large or declare entities.
func readCycloneDXXML(text string) (*sbom, error) {
	if err := checkAttributes(text); err != nil {
		return nil, err
	}
	s, x := &sbom{}, &xmlReader{tokens: xml.NewDecoder(strings.NewReader(text))}
	x.tokens.CharsetReader = readCharset
	bom, err := x.root()
	if err != nil {
		return nil, err
	}
	if !isCycloneDX(bom.Name) {
		return nil, parse.Invalid("", "the element %q is not a CycloneDX bom", parse.Clip(bom.Name.Local, 64))
	}
	err = x.children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "metadata":
			return x.bomComponents(s)
		case "components":
			return x.bomComponents(s)
		}
		return x.skip()
	})
	if err != nil {
		return nil, err
	}
	return s, x.end()
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

// isCycloneDX reports whether an XML document begins like CycloneDX.
func isCycloneDX(root xml.Name) bool {
	return root.Local == "bom" && strings.HasPrefix(root.Space, "http://cyclonedx.org/schema/bom/")
}

// bomComponents reads the components that are children of an element.
func (x *xmlReader) bomComponents(s *sbom) error {
	return x.children(func(e xml.StartElement) error {
		if e.Name.Local != "component" {
			return x.skip()
		}
		return x.bomComponent(s, e)
	})
}

// bomComponent reads a component and those nested in it.
func (x *xmlReader) bomComponent(s *sbom, e xml.StartElement) error {
	c := bomComponent{kind: attribute(e, "type")}
	err := x.children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "scope":
			c.scope, err = x.text()
		case "name":
			c.name, err = x.text()
		case "version":
			c.version, err = x.text()
		case "group":
			c.group, err = x.text()
		case "publisher":
			c.publisher, err = x.text()
		case "supplier":
			err = x.childText("name", &c.supplier)
		case "purl":
			c.purl, err = x.text()
		case "cpe":
			c.cpe, err = x.text()
		case "properties":
			err = x.bomProperties(&c.properties)
		case "components":
			err = x.bomComponents(s)
		default:
			err = x.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.addCycloneDX(&c)
}

// bomProperties reads the properties of a component.
func (x *xmlReader) bomProperties(properties *bomProperties) error {
	return x.children(func(e xml.StartElement) error {
		if e.Name.Local != "property" {
			return x.skip()
		}
		value, err := x.text()
		properties.set(attribute(e, "name"), value)
		return err
	})
}

// attribute returns the value of an attribute; "" if it is absent.
func attribute(e xml.StartElement, name string) string {
	for _, a := range e.Attr {
		if a.Name.Local == name {
			return a.Value
		}
	}
	return ""
}

// next returns the next token and counts depth and elements.
func (x *xmlReader) next() (xml.Token, error) {
	token, err := x.tokens.Token()
	if errors.Is(err, io.EOF) {
		return nil, io.EOF
	}
	if err != nil {
		return nil, parse.Invalid("", "is not XML: %v", err)
	}
	switch token.(type) {
	case xml.Directive:
		return nil, parse.Invalid("", "has a document type declaration, which a CycloneDX document does not")
	case xml.EndElement:
		x.depth--
	case xml.StartElement:
		x.elements++
		if x.depth++; x.depth > parse.MaxDepth {
			return nil, x.problem("elements nest deeper than %d", parse.MaxDepth)
		}
		if x.elements > maxElements {
			return nil, crowded(maxElements, "elements")
		}
	}
	return token, nil
}

// problem makes the error for a fault at the reader's position.
func (x *xmlReader) problem(format string, args ...any) error {
	return parse.Invalid("", "byte %d: %s", x.tokens.InputOffset(), fmt.Sprintf(format, args...))
}

// root skips to the outermost element and returns it.
func (x *xmlReader) root() (xml.StartElement, error) {
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return xml.StartElement{}, x.problem("the text ends, an element was expected")
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
func (x *xmlReader) end() error {
	for {
		token, err := x.next()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
		if e, ok := token.(xml.StartElement); ok {
			return x.problem("the element %q follows the bom", parse.Clip(e.Name.Local, 64))
		}
	}
}

// children reads an element to its end. It calls child at each element in it, which child must
// read to its end.
func (x *xmlReader) children(child func(e xml.StartElement) error) error {
	for {
		token, err := x.next()
		if err != nil {
			return err // the decoder itself refuses a truncated text
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

// skip skips an element.
func (x *xmlReader) skip() error {
	return x.children(func(xml.StartElement) error { return x.skip() })
}

// text reads an element that contains text.
func (x *xmlReader) text() (string, error) {
	var text []byte
	for {
		token, err := x.next()
		if err != nil {
			return "", err
		}
		switch token := token.(type) {
		case xml.EndElement:
			return string(text), nil
		case xml.StartElement:
			if err := x.skip(); err != nil {
				return "", err
			}
		case xml.CharData:
			if len(text)+len(token) > inventory.MaxString {
				return "", parse.Invalid("", "is longer than %d bytes", inventory.MaxString)
			}
			text = append(text, token...) // comments split it into pieces
		}
	}
}

// childText reads an element and keeps the text of one of its children.
func (x *xmlReader) childText(name string, text *string) error {
	return x.children(func(e xml.StartElement) (err error) {
		if e.Name.Local != name {
			return x.skip()
		}
		*text, err = x.text()
		return err
	})
}

// checkAttributes refuses a text with an element of more than maxAttributes attributes. It only
// looks at quotes; the decoder checks whether the text is XML.
func checkAttributes(text string) error {
	for rest := text; ; {
		at := strings.IndexByte(rest, '<')
		if at < 0 {
			return nil
		}
		rest = rest[at:]
		if n := passedOver(rest); n > 0 {
			rest = rest[n:]
			continue
		}
		n, attributes := tagLength(rest)
		if attributes > maxAttributes {
			return &parse.FieldError{Problem: fmt.Sprintf("byte %d: an element has more than %d attributes",
				len(text)-len(rest), maxAttributes),
				Err: parse.ErrTooLarge}
		}
		rest = rest[n:]
	}
}

// passedOver returns the length of the comment or text at the beginning of s; 0 for an element.
// Without an end it is the whole rest.
func passedOver(s string) int {
	for _, brackets := range [...][2]string{{"<!--", "-->"}, {"<![CDATA[", "]]>"}, {"<?", "?>"}} {
		if !strings.HasPrefix(s, brackets[0]) {
			continue
		}
		end := strings.Index(s[len(brackets[0]):], brackets[1])
		if end < 0 {
			return len(s)
		}
		return len(brackets[0]) + end + len(brackets[1])
	}
	return 0
}

// tagLength returns the length of the tag at the beginning of s and the number of its quoted
// values; it stops when there is one too many.
func tagLength(s string) (n, values int) {
	quote := byte(0)
	for i := 1; i < len(s); i++ {
		switch c := s[i]; {
		case quote != 0 && c == quote:
			quote = 0
		case quote != 0:
		case c == '"' || c == '\'':
			quote = c
			if values++; values > maxAttributes {
				return i, values
			}
		case c == '>':
			return i + 1, values
		}
	}
	return len(s), values
}
