package inventory

import (
	"fmt"
	"io"
	"strings"
)

// DecodeSPDX makes a report of an SPDX 2.1 to 2.3 document in JSON of at most
// MaxReport bytes. An SPDX document does not name a device, so id must
// (ErrNoDevice). Of a document with packages for several architectures those
// of id.OSArchitecture and those for all are kept, source packages never.
// Files, relationships and whatever else makes no software are passed over and
// take no memory.
//
// The report has passed Validate and still needs Normalize. An error of the
// document wraps ErrInvalid.
func DecodeSPDX(r io.Reader, id Identity) (*Report, error) {
	text, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	s, err := readSPDX(text)
	if err != nil {
		return nil, fmt.Errorf("reading the SPDX document: %w", err)
	}
	return s.report(id)
}

// readSPDX reads what a report needs from an SPDX document.
func readSPDX(text string) (*sbom, error) {
	s, p, version := &sbom{}, newParser(text), ""
	err := p.members(func(key string) (err error) {
		switch key {
		case "spdxVersion":
			version, err = p.text()
		case "packages":
			err = p.array(func(int) error {
				if p.null() {
					return nil
				}
				return p.spdxPackage(s)
			})
		default:
			err = p.skip()
		}
		return err
	})
	if err == nil {
		err = p.end()
	}
	if err != nil {
		return nil, err
	}
	switch version {
	case "SPDX-2.1", "SPDX-2.2", "SPDX-2.3":
		return s, nil
	}
	return nil, invalid("spdxVersion", "is %q, must be SPDX-2.1, SPDX-2.2 or SPDX-2.3", clip(version, 64))
}

// spdxPackage is what is read of a package of an SPDX document.
type spdxPackage struct {
	component
	purpose string
	cpes    int
}

// spdxPackage reads a package and adds it, if it is one that counts.
func (p *parser) spdxPackage(s *sbom) error {
	var read spdxPackage
	err := p.members(func(key string) (err error) {
		switch key {
		case "name":
			read.name, err = p.text()
		case "versionInfo":
			read.version, err = p.text()
		case "supplier":
			var supplier string
			supplier, err = p.text()
			read.vendor = organizationOf(supplier)
		case "primaryPackagePurpose":
			read.purpose, err = p.text()
		case "externalRefs":
			err = p.array(func(int) error { return p.spdxReference(&read) })
		default:
			err = p.skip()
		}
		return err
	})
	if err != nil {
		return err
	}
	return s.addSPDX(&read)
}

// spdxReference reads what a package is called elsewhere.
func (p *parser) spdxReference(read *spdxPackage) error {
	if p.null() {
		return nil
	}
	var kind, locator string
	err := p.members(func(key string) (err error) {
		switch key {
		case "referenceType":
			kind, err = p.text()
		case "referenceLocator":
			locator, err = p.text()
		default:
			err = p.skip()
		}
		return err
	})
	switch {
	case kind == "purl" && read.purl == "":
		read.purl = locator
	case kind == "cpe23Type":
		read.cpes++
		read.cpe = locator
	}
	return err
}

// organizationOf returns the name in "Organization: ACME Inc."; persons and
// NOASSERTION are no vendors.
func organizationOf(supplier string) string {
	kind, name, _ := strings.Cut(supplier, ":")
	if strings.TrimSpace(kind) != "Organization" {
		return ""
	}
	return strings.TrimSpace(name)
}

// addSPDX adds a package that was read. One with several CPEs has none: they
// are a generator's guesses.
func (s *sbom) addSPDX(read *spdxPackage) error {
	switch read.purpose {
	case "CONTAINER", "SOURCE", "FILE", "ARCHIVE":
	case "OPERATING-SYSTEM", "OPERATING_SYSTEM":
		s.system = OSVersion(read.name, read.version)
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
