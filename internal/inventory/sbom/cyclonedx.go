package sbom

import (
	"cmp"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// bomComponent has the fields of a CycloneDX component that are read.
type bomComponent struct {
	kind, scope string // "library", "excluded"
	name        string
	version     string
	group       string
	publisher   string
	supplier    string
	purl, cpe   string
	properties  bomProperties
}

// bomProperties are the properties that are read.
type bomProperties struct {
	guessed                                   bool // the CPE is one of several
	srcName, srcVersion, srcRelease, srcEpoch string
	place                                     string
}

// syftCPE is the property in which Syft lists the other CPEs that it guessed.
const syftCPE = "syft:cpe23"

// set takes a property. If it is repeated, the last counts.
func (p *bomProperties) set(name, value string) {
	const trivy = "aquasecurity:trivy:Src"
	switch name {
	case syftCPE:
		p.guessed = true
	case trivy + "Name":
		p.srcName = value
	case trivy + "Version":
		p.srcVersion = value
	case trivy + "Release":
		p.srcRelease = value
	case trivy + "Epoch":
		p.srcEpoch = value
	default:
		p.place = cmp.Or(placeOf(name, value), p.place)
	}
}

// source returns the source package, as Trivy writes it for distribution packages.
func (p *bomProperties) source() upstream {
	source := upstream{p.srcName, p.srcVersion}
	if source.version == "" {
		return source
	}
	if p.srcRelease != "" {
		source.version += "-" + p.srcRelease
	}
	if p.srcEpoch != "" && p.srcEpoch != "0" {
		source.version = p.srcEpoch + ":" + source.version
	}
	return source
}

// addCycloneDX adds a component, if it counts. Its nested components were added before.
func (s *sbom) addCycloneDX(c *bomComponent) error {
	switch c.kind {
	case "application", "framework", "library", "platform", "firmware", "device-driver":
		if c.scope != "excluded" {
			return s.add(c.component())
		}
	case "operating-system":
		s.system = systemOf(c.name, c.version)
	case "device":
		s.device = c.name
	}
	return nil
}

// component returns the fields unchanged.
func (c *bomComponent) component() component {
	if c.properties.guessed {
		c.cpe = ""
	}
	return component{
		name: c.name, version: c.version, vendor: cmp.Or(c.publisher, c.supplier, c.group), purl: c.purl, cpe: c.cpe,
		source: c.properties.source(), place: c.properties.place,
	}
}

// readCycloneDXJSON reads the parts of a JSON document that a report needs.
func readCycloneDXJSON(text string) (*sbom, error) {
	s, p, format := &sbom{}, &jsonReader{parse.NewJSON(text)}, ""
	err := p.Object(func(key string) (err error) {
		switch {
		case p.Null():
		case key == "bomFormat":
			format, err = p.Text()
		case key == "metadata":
			err = p.Members(func(key string) error {
				if key != "component" {
					return p.Skip()
				}
				return p.bomComponent(s)
			})
		case key == "components":
			err = p.bomComponents(s)
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil {
		err = p.End()
	}
	if err == nil && format != "CycloneDX" {
		err = parse.Invalid("bomFormat", "is %q, want %q", parse.Clip(format, 64), "CycloneDX")
	}
	return s, err
}

// jsonReader reads an SBOM in JSON.
type jsonReader struct{ *parse.JSON }

// bomComponents reads a list of components.
func (p *jsonReader) bomComponents(s *sbom) error {
	return p.Array(func(int) error {
		if p.Null() {
			return nil
		}
		return p.bomComponent(s)
	})
}

// bomComponent reads a component and those nested in it.
func (p *jsonReader) bomComponent(s *sbom) error {
	var c bomComponent
	err := p.Members(func(key string) (err error) {
		switch key {
		case "type":
			c.kind, err = p.Text()
		case "scope":
			c.scope, err = p.Text()
		case "name":
			c.name, err = p.Text()
		case "version":
			c.version, err = p.Text()
		case "group":
			c.group, err = p.Text()
		case "publisher":
			c.publisher, err = p.Text()
		case "supplier":
			c.supplier, err = p.memberText("name")
		case "purl":
			c.purl, err = p.Text()
		case "cpe":
			c.cpe, err = p.Text()
		case "properties":
			err = p.Array(func(int) error { return p.bomProperty(&c.properties) })
		case "components":
			err = p.bomComponents(s)
		default:
			err = p.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.addCycloneDX(&c)
}

// bomProperty reads a property of a component.
func (p *jsonReader) bomProperty(properties *bomProperties) error {
	var name, value string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "name":
			name, err = p.Text()
		case "value":
			value, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	properties.set(name, value)
	return err
}

// each reads an array, without items that are null.
func (p *jsonReader) each(item func() error) error {
	return p.Array(func(int) error {
		if p.Null() {
			return nil
		}
		return item()
	})
}

// memberText reads an object and returns one of its members, a string.
func (p *jsonReader) memberText(name string) (text string, err error) {
	err = p.Members(func(key string) (err error) {
		if key != name {
			return p.Skip()
		}
		text, err = p.Text()
		return err
	})
	return text, err
}
