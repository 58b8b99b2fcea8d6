package sbom

import (
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// spdx3Context begins the address of the context of SPDX 3 in JSON-LD.
const spdx3Context = "https://spdx.org/rdf/3.0"

// spdx3 collects what elements of SPDX 3 say, which come in any order.
type spdx3 struct {
	packages      []*spdxPackage
	supplied      []string          // the suppliers of packages, by their place
	organizations map[string]string // names by id
	owners        map[string]string // by the id of what they own
}

// readSPDX3 reads the parts of an SPDX 3.0 document in JSON-LD that a report needs, as its elements are
// serialized in one graph: https://spdx.github.io/spdx-spec/v3.0.1/serializations/.
func readSPDX3(text string) (*sbom, error) {
	p, context := &jsonReader{parse.NewJSON(text)}, ""
	d := &spdx3{organizations: map[string]string{}, owners: map[string]string{}}
	err := p.Members(func(key string) (err error) {
		switch {
		case key == "@context" && p.IsText():
			context, err = p.Text()
		case key == "@graph":
			err = p.each(func() error { return p.spdx3Element(d) })
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil {
		err = p.End()
	}
	if err == nil && !strings.HasPrefix(context, spdx3Context) {
		err = parse.Invalid("@context", "is %q, want one of SPDX 3.0 (%s…)", parse.Clip(context, 64), spdx3Context)
	}
	if err != nil {
		return nil, err
	}
	s := &sbom{}
	for i, read := range d.packages {
		read.vendor = d.organizations[d.supplied[i]]
		if err := s.addSPDX(read); err != nil {
			return nil, err
		}
	}
	s.dropOwned(d.owners)
	return s, nil
}

// spdx3Element reads an element, and keeps it if it is a package, an organization, or says who owns a
// package.
func (p *jsonReader) spdx3Element(d *spdx3) error {
	var read spdxPackage
	var kind, supplier, comment, from string
	var to []string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "type", "@type":
			kind, err = p.text()
		case "spdxId", "@id":
			read.id, err = p.text()
		case "name":
			read.name, err = p.text()
		case "software_packageVersion":
			read.version, err = p.text()
		case "software_packageUrl":
			read.purl, err = p.text()
		case "software_primaryPurpose":
			read.purpose, err = p.text()
			read.purpose = purposeOf(read.purpose)
		case "suppliedBy":
			supplier, err = p.text()
		case "externalIdentifier":
			err = p.each(func() error { return p.spdx3Identifier(&read) })
		case "comment":
			comment, err = p.text()
		case "from":
			from, err = p.text()
		case "to":
			to, err = p.texts()
		default:
			err = p.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	switch {
	case kind == "software_Package" && read.name != "":
		if len(d.packages) == maxComponents {
			return crowded(maxComponents, "packages")
		}
		d.packages, d.supplied = append(d.packages, &read), append(d.supplied, supplier)
	case kind == "Organization" && len(d.organizations) < maxComponents:
		d.organizations[read.id] = read.name
	case kind == "Relationship" && strings.HasPrefix(comment, ownership):
		for _, owned := range to {
			if len(d.owners) < maxComponents {
				d.owners[owned] = from
			}
		}
	}
	return nil
}

// purposeOf returns the purpose in the spelling of SPDX 2: "operatingSystem" is OPERATING_SYSTEM.
func purposeOf(purpose string) string {
	if purpose == "operatingSystem" {
		return "OPERATING_SYSTEM"
	}
	return strings.ToUpper(purpose)
}

// spdx3Identifier reads a name elsewhere.
func (p *jsonReader) spdx3Identifier(read *spdxPackage) error {
	var kind, identifier string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "externalIdentifierType":
			kind, err = p.text()
		case "identifier":
			identifier, err = p.text()
		default:
			err = p.Skip()
		}
		return err
	})
	switch kind {
	case "packageUrl", "packageURL":
		read.refer("purl", identifier)
	case "cpe23":
		read.refer("cpe23Type", identifier)
	}
	return err
}

// text reads a text; "" for any other value: JSON-LD may write objects in the place of texts.
func (p *jsonReader) text() (string, error) {
	if p.IsText() {
		return p.Text()
	}
	return "", p.Skip()
}

// texts reads a list of texts, or one.
func (p *jsonReader) texts() (all []string, err error) {
	if p.IsText() {
		one, err := p.Text()
		return []string{one}, err
	}
	err = p.each(func() error {
		one, err := p.text()
		if len(all) < maxComponents {
			all = append(all, one)
		}
		return err
	})
	return all, err
}
