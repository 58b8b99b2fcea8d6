package inventory

import (
	"cmp"
	"fmt"
	"io"
	"strings"

	cyclonedx "github.com/CycloneDX/cyclonedx-go"
)

// DecodeCycloneDX makes a report of a CycloneDX document, JSON or XML, of at
// most MaxReport bytes. id overrides what the document says; a document whose
// subject is a device names it, any other needs id.DeviceName (ErrNoDevice).
//
// Applications, frameworks, libraries and the like become software, nested
// ones too; files, images and excluded components do not. The report has passed
// Validate and still needs Normalize. An error of the document wraps ErrInvalid.
func DecodeCycloneDX(r io.Reader, id Identity) (*Report, error) {
	text, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	check, format := checkJSON, cyclonedx.BOMFileFormatJSON
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		check, format = checkXML, cyclonedx.BOMFileFormatXML
	}
	if err := check(text); err != nil {
		return nil, fmt.Errorf("reading the CycloneDX document: %w", err)
	}
	var bom cyclonedx.BOM
	if err := cyclonedx.NewBOMDecoder(strings.NewReader(text), format).Decode(&bom); err != nil {
		return nil, fmt.Errorf("reading the CycloneDX document: %w: %w", ErrInvalid, err)
	}
	if format == cyclonedx.BOMFileFormatJSON && bom.BOMFormat != cyclonedx.BOMFormat {
		return nil, invalid("bomFormat", "is %q, not %q", clip(bom.BOMFormat, 64), cyclonedx.BOMFormat)
	}
	return sbomOfCycloneDX(&bom).report(id)
}

// sbomOfCycloneDX reads what a report needs from a CycloneDX document.
func sbomOfCycloneDX(bom *cyclonedx.BOM) *sbom {
	var s sbom
	if bom.Metadata != nil && bom.Metadata.Component != nil {
		s.addCycloneDX(*bom.Metadata.Component)
	}
	if bom.Components != nil {
		for _, c := range *bom.Components {
			s.addCycloneDX(c)
		}
	}
	return &s
}

// addCycloneDX adds a component and those nested in it.
func (s *sbom) addCycloneDX(c cyclonedx.Component) {
	switch c.Type {
	case cyclonedx.ComponentTypeApplication, cyclonedx.ComponentTypeFramework, cyclonedx.ComponentTypeLibrary,
		cyclonedx.ComponentTypePlatform, cyclonedx.ComponentTypeFirmware, cyclonedx.ComponentTypeDeviceDriver:
		if c.Scope != cyclonedx.ScopeExcluded {
			s.components = append(s.components, componentOfCycloneDX(c))
		}
	case cyclonedx.ComponentTypeOS:
		s.system = OSVersion(c.Name, c.Version)
	case cyclonedx.ComponentTypeDevice:
		s.device = c.Name
	}
	if c.Components == nil {
		return
	}
	for _, nested := range *c.Components {
		s.addCycloneDX(nested)
	}
}

// componentOfCycloneDX takes a component's fields as they are.
func componentOfCycloneDX(c cyclonedx.Component) component {
	vendor := cmp.Or(c.Publisher, c.Group)
	if c.Publisher == "" && c.Supplier != nil {
		vendor = cmp.Or(c.Supplier.Name, c.Group)
	}
	properties := map[string]string{}
	if c.Properties != nil {
		for _, p := range *c.Properties {
			properties[p.Name] = p.Value
		}
	}
	if _, guessed := properties[syftCPE]; guessed {
		c.CPE = ""
	}
	return component{
		name: c.Name, version: c.Version, vendor: vendor, purl: c.PackageURL, cpe: c.CPE,
		source: trivySource(properties),
	}
}

// syftCPE is the property under which Syft lists the CPEs it guessed besides
// the first.
const syftCPE = "syft:cpe23"

// trivySource reads the source package from the properties that Trivy gives a
// distribution package.
func trivySource(properties map[string]string) upstream {
	const prefix = "aquasecurity:trivy:Src"
	source := upstream{properties[prefix+"Name"], properties[prefix+"Version"]}
	if source.version == "" {
		return source
	}
	if release := properties[prefix+"Release"]; release != "" {
		source.version += "-" + release
	}
	if epoch := properties[prefix+"Epoch"]; epoch != "" && epoch != "0" {
		source.version = epoch + ":" + source.version
	}
	return source
}
