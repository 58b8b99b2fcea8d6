package sbom

import (
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// DecodeCycloneDX makes a report of a CycloneDX document, JSON or XML, of at
// most inventory.MaxReport bytes. id overrides what the document says; a document whose
// subject is a device names it, any other needs id.DeviceName (ErrNoDevice).
//
// Applications, frameworks, libraries and the like become software, nested
// ones too; files, images and excluded components do not. What makes no
// software is passed over and takes no memory, however much of it there is.
// The report has passed Report.Validate and still needs Report.Normalize. An error of the
// document wraps parse.ErrInvalid.
func DecodeCycloneDX(r io.Reader, id Identity) (*inventory.Report, error) {
	text, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	read := readCycloneDXJSON
	if strings.HasPrefix(strings.TrimSpace(text), "<") {
		read = readCycloneDXXML
	}
	s, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("reading the CycloneDX document: %w", err)
	}
	return s.report(id)
}

// DecodeSPDX makes a report of an SPDX 2.1 to 2.3 document in JSON of at most
// inventory.MaxReport bytes. An SPDX document does not name a device, so id must
// (ErrNoDevice). Of a document with packages for several architectures those
// of id.OSArchitecture and those for all are kept, source packages never.
// Files, relationships and whatever else makes no software are passed over and
// take no memory.
//
// The report has passed Report.Validate and still needs Report.Normalize. An error of the
// document wraps parse.ErrInvalid.
func DecodeSPDX(r io.Reader, id Identity) (*inventory.Report, error) {
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
