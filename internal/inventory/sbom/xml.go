package sbom

import (
	"encoding/xml"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/markup"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// xmlReader reads one XML text from front to back.
type xmlReader struct{ *markup.Reader }

// readCycloneDXXML reads the parts of an XML document that a report needs. It refuses documents
// that are not CycloneDX, are nested too deeply, are too large or declare entities.
func readCycloneDXXML(text string) (*sbom, error) {
	limits := markup.Limits{Document: inventory.MaxReport, Tag: inventory.MaxReport, Run: inventory.MaxReport,
		Depth: parse.MaxDepth}
	s, x := &sbom{}, xmlReader{markup.New(strings.NewReader(text), limits)}
	bom, err := x.Root()
	if err != nil {
		return nil, err
	}
	if !isCycloneDX(bom.Name) {
		return nil, parse.Invalid("", "the element %q is not a CycloneDX bom", parse.Clip(bom.Name.Local, 64))
	}
	err = x.Children(func(e xml.StartElement) error {
		switch e.Name.Local {
		case "metadata":
			return x.bomComponents(s)
		case "components":
			return x.bomComponents(s)
		}
		return x.Skip()
	})
	if err != nil {
		return nil, err
	}
	return s, x.End()
}

// isCycloneDX reports whether an XML document begins like CycloneDX.
func isCycloneDX(root xml.Name) bool {
	return root.Local == "bom" && strings.HasPrefix(root.Space, "http://cyclonedx.org/schema/bom/")
}

// bomComponents reads the components that are children of an element.
func (x xmlReader) bomComponents(s *sbom) error {
	return x.Children(func(e xml.StartElement) error {
		if e.Name.Local != "component" {
			return x.Skip()
		}
		return x.bomComponent(s, e)
	})
}

// bomComponent reads a component and those nested in it.
func (x xmlReader) bomComponent(s *sbom, e xml.StartElement) error {
	c := bomComponent{kind: markup.Attribute(e, "type")}
	err := x.Children(func(e xml.StartElement) (err error) {
		switch e.Name.Local {
		case "scope":
			c.scope, err = x.Text(inventory.MaxString)
		case "name":
			c.name, err = x.Text(inventory.MaxString)
		case "version":
			c.version, err = x.Text(inventory.MaxString)
		case "group":
			c.group, err = x.Text(inventory.MaxString)
		case "publisher":
			c.publisher, err = x.Text(inventory.MaxString)
		case "supplier":
			err = x.childText("name", &c.supplier)
		case "purl":
			c.purl, err = x.Text(inventory.MaxString)
		case "cpe":
			c.cpe, err = x.Text(inventory.MaxString)
		case "properties":
			err = x.bomProperties(&c.properties)
		case "components":
			err = x.bomComponents(s)
		default:
			err = x.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.addCycloneDX(&c)
}

// bomProperties reads the properties of a component.
func (x xmlReader) bomProperties(properties *bomProperties) error {
	return x.Children(func(e xml.StartElement) error {
		if e.Name.Local != "property" {
			return x.Skip()
		}
		value, err := x.Text(inventory.MaxString)
		properties.set(markup.Attribute(e, "name"), value)
		return err
	})
}

// childText reads an element and keeps the text of one of its children.
func (x xmlReader) childText(name string, text *string) error {
	return x.Children(func(e xml.StartElement) (err error) {
		if e.Name.Local != name {
			return x.Skip()
		}
		*text, err = x.Text(inventory.MaxString)
		return err
	})
}
