package inventory

import (
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"strings"
)

// The limits of an SBOM besides those of a report. The libraries that decode
// them build every value, so what a short text may make them build is bounded
// before they see it.
const (
	// maxListed bounds the entries of all lists of components and other large
	// things together.
	maxListed = MaxSoftware
	// maxValues bounds the objects, array items and elements altogether.
	maxValues = 400_000
)

// guard counts what is in an SBOM.
type guard struct {
	listed, values int
}

// isLarge tells whether entries of a list by that name are built as large
// values. The libraries match keys in any case, so this does too.
func isLarge(list string) bool {
	for _, name := range [...]string{"components", "packages", "services", "vulnerabilities"} {
		if strings.EqualFold(list, name) {
			return true
		}
	}
	return false
}

// add counts one value, and whether it is the entry of a list of large ones.
func (g *guard) add(large bool) error {
	g.values++
	if large {
		g.listed++
	}
	switch {
	case g.listed > maxListed:
		return crowded(maxListed, "components and the like")
	case g.values > maxValues:
		return crowded(maxValues, "objects, array items or elements")
	}
	return nil
}

// crowded says that an SBOM holds too many things of a sort.
func crowded(limit int, things string) error {
	return &FieldError{Problem: fmt.Sprintf("the document has more than %d %s", limit, things), Err: ErrTooLarge}
}

// checkJSON refuses a JSON SBOM that is no JSON, nests too deeply or holds too
// much.
func checkJSON(text string) error {
	p, g := newParser(text), guard{}
	if err := g.value(p, ""); err != nil {
		return err
	}
	return p.end()
}

// value passes the value of a key, or an array's item, and counts what is in
// it.
func (g *guard) value(p *parser, key string) error {
	switch p.peek() {
	case '{':
		if err := g.add(false); err != nil {
			return err
		}
		return p.object(func(key string) error { return g.value(p, key) })
	case '[':
		large := isLarge(key)
		return p.array(func(int) error {
			if err := g.add(large); err != nil {
				return err
			}
			return g.value(p, "")
		})
	}
	return p.skip()
}

// checkXML refuses an XML SBOM that is no CycloneDX, nests too deeply, holds
// too much or declares entities.
func checkXML(text string) error {
	if strings.Count(text, `"`)+strings.Count(text, "'") > 2*maxValues {
		return crowded(maxValues, "attributes")
	}
	decoder := xml.NewDecoder(strings.NewReader(text))
	var g guard
	for depth := 0; ; {
		token, err := decoder.Token()
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return invalid("", "is not XML: %v", err)
		}
		switch token := token.(type) {
		case xml.Directive:
			return invalid("", "has a document type declaration, which a CycloneDX document does not")
		case xml.EndElement:
			depth--
		case xml.StartElement:
			depth++
			if err := g.element(token.Name, depth); err != nil {
				return err
			}
		}
	}
}

// element counts an element at a depth, from 1.
func (g *guard) element(name xml.Name, depth int) error {
	if depth > MaxDepth {
		return invalid("", "elements nest deeper than %d", MaxDepth)
	}
	if depth == 1 && !isCycloneDX(name) {
		return invalid("", "the element %q is not a CycloneDX bom", clip(name.Local, 64))
	}
	large := name.Local == "component" || name.Local == "service" || name.Local == "vulnerability"
	return g.add(large)
}

// isCycloneDX tells whether an XML document begins as CycloneDX does.
func isCycloneDX(root xml.Name) bool {
	return root.Local == "bom" && strings.HasPrefix(root.Space, "http://cyclonedx.org/schema/bom/")
}
