package sbom

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// readSPDX reads the parts of an SPDX document that a report needs.
func readSPDX(text string) (*sbom, error) {
	s, p, version := &sbom{}, &jsonReader{parse.NewJSON(text)}, ""
	owners := map[string]string{} // by the id of what they own
	err := p.Members(func(key string) (err error) {
		switch key {
		case "spdxVersion":
			version, err = p.Text()
		case "packages":
			err = p.Array(func(int) error {
				if p.Null() {
					return nil
				}
				return p.spdxPackage(s)
			})
		case "relationships":
			err = p.Array(func(int) error { return p.spdxRelationship(owners) })
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil {
		err = p.End()
	}
	if err != nil {
		return nil, err
	}
	switch version {
	case "SPDX-2.1", "SPDX-2.2", "SPDX-2.3":
		s.dropOwned(owners)
		return s, nil
	}
	return nil, parse.Invalid("spdxVersion", "is %q, want SPDX-2.1, SPDX-2.2 or SPDX-2.3", parse.Clip(version, 64))
}

// spdxPackage has the fields of an SPDX package that are read.
type spdxPackage struct {
	component
	purpose string
	cpes    int
}

// spdxPackage reads a package and adds it, if it counts.
func (p *jsonReader) spdxPackage(s *sbom) error {
	var read spdxPackage
	err := p.Members(func(key string) (err error) {
		switch key {
		case "SPDXID":
			read.id, err = p.Text()
		case "name":
			read.name, err = p.Text()
		case "versionInfo":
			read.version, err = p.Text()
		case "supplier":
			var supplier string
			supplier, err = p.Text()
			read.vendor = organizationOf(supplier)
		case "sourceInfo":
			var info string
			info, err = p.Text()
			read.place = sourcePlace(info)
		case "primaryPackagePurpose":
			read.purpose, err = p.Text()
		case "externalRefs":
			err = p.Array(func(int) error { return p.spdxReference(&read) })
		default:
			err = p.Skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.addSPDX(&read)
}

// ownership begins the comment with which Syft says that files of one package are what another was
// found by: Python's requests in the files of the rpm python3-requests.
const ownership = "ownership-by-file-overlap"

// spdxRelationship reads a relationship, and keeps it if it says who owns a package.
func (p *jsonReader) spdxRelationship(owners map[string]string) error {
	if p.Null() {
		return nil
	}
	var owner, owned, comment string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "spdxElementId":
			owner, err = p.Text()
		case "relatedSpdxElement":
			owned, err = p.Text()
		case "comment":
			comment, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	if err == nil && strings.HasPrefix(comment, ownership) && len(owners) < maxComponents {
		owners[owned] = owner
	}
	return err
}

// dropOwned drops components that are files of a distribution's package: that package is what is
// installed, and its distribution knows which fixes it carries (matching.md, 1.4).
func (s *sbom) dropOwned(owners map[string]string) {
	if len(owners) == 0 {
		return
	}
	distributions := map[string]bool{}
	for i := range s.components {
		c := &s.components[i]
		for _, kind := range [...]string{"pkg:rpm/", "pkg:deb/", "pkg:apk/"} {
			if c.id != "" && strings.HasPrefix(c.purl, kind) {
				distributions[c.id] = true
			}
		}
	}
	s.components = slices.DeleteFunc(s.components, func(c component) bool { return distributions[owners[c.id]] })
}

// spdxReference reads a reference to a name elsewhere.
func (p *jsonReader) spdxReference(read *spdxPackage) error {
	if p.Null() {
		return nil
	}
	var kind, locator string
	err := p.Members(func(key string) (err error) {
		switch key {
		case "referenceType":
			kind, err = p.Text()
		case "referenceLocator":
			locator, err = p.Text()
		default:
			err = p.Skip()
		}
		return err
	})
	read.refer(kind, locator)
	return err
}

// refer takes a name elsewhere.
func (read *spdxPackage) refer(kind, locator string) {
	switch {
	case kind == "purl" && read.purl == "":
		read.purl = locator
	case kind == "cpe23Type":
		read.cpes++
		read.cpe = locator
	}
}

// organizationOf returns the name in "Organization: ACME Inc."; persons and NOASSERTION are not
// vendors.
func organizationOf(supplier string) string {
	kind, name, _ := strings.Cut(supplier, ":")
	if strings.TrimSpace(kind) != "Organization" {
		return ""
	}
	return strings.TrimSpace(name)
}

// addSPDX adds a package. If it has several CPEs they are dropped: they are a generator's guesses.
func (s *sbom) addSPDX(read *spdxPackage) error {
	switch read.purpose {
	case "CONTAINER", "SOURCE", "FILE", "ARCHIVE":
	case "OPERATING-SYSTEM", "OPERATING_SYSTEM":
		s.system = systemOf(read.name, read.version)
	case "DEVICE":
		s.device = read.name
	default:
		if read.cpes > 1 {
			read.cpe = ""
		}
		return s.add(read.component)
	}
	return nil
}
