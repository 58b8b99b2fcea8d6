package inventory

import (
	"fmt"
	"io"
	"strings"

	spdxjson "github.com/spdx/tools-golang/json"
	"github.com/spdx/tools-golang/spdx"
)

// DecodeSPDX makes a report of an SPDX 2.3 document in JSON of at most
// MaxReport bytes. An SPDX document does not name a device, so id must
// (ErrNoDevice). Of a document with packages for several architectures those
// of id.OSArchitecture and those for all are kept, source packages never.
//
// The report has passed Validate and still needs Normalize. An error of the
// document wraps ErrInvalid.
func DecodeSPDX(r io.Reader, id Identity) (*Report, error) {
	text, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	if err := checkJSON(text); err != nil {
		return nil, fmt.Errorf("reading the SPDX document: %w", err)
	}
	document, err := spdxjson.Read(strings.NewReader(text))
	if err != nil {
		return nil, fmt.Errorf("reading the SPDX document: %w: %w", ErrInvalid, err)
	}
	return sbomOfSPDX(document).report(id)
}

// sbomOfSPDX reads what a report needs from an SPDX document.
func sbomOfSPDX(document *spdx.Document) *sbom {
	var s sbom
	for _, p := range document.Packages {
		if p == nil {
			continue
		}
		switch p.PrimaryPackagePurpose {
		case "CONTAINER", "SOURCE", "FILE", "ARCHIVE":
		case "OPERATING-SYSTEM", "OPERATING_SYSTEM":
			s.system = OSVersion(p.PackageName, p.PackageVersion)
		case "DEVICE":
			s.device = p.PackageName
		default:
			s.components = append(s.components, componentOfSPDX(p))
		}
	}
	return &s
}

// componentOfSPDX takes a package's fields as they are.
func componentOfSPDX(p *spdx.Package) component {
	c := component{name: p.PackageName, version: p.PackageVersion}
	if p.PackageSupplier != nil && p.PackageSupplier.SupplierType == "Organization" {
		c.vendor = p.PackageSupplier.Supplier
	}
	var cpes []string
	for _, ref := range p.PackageExternalReferences {
		switch {
		case ref == nil:
		case ref.RefType == "purl" && c.purl == "":
			c.purl = ref.Locator
		case ref.RefType == "cpe23Type":
			cpes = append(cpes, ref.Locator)
		}
	}
	if len(cpes) == 1 {
		c.cpe = cpes[0]
	}
	return c
}
