package sbom

import (
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// DecodeCycloneDX makes a report from a CycloneDX document, JSON or XML, of at most
// inventory.MaxReport bytes. id overrides what the document says. A document whose subject is a
// device names it; any other needs id.DeviceName (ErrNoDevice).
//
// Applications, frameworks, libraries and the like become software, including nested ones; files,
// images and excluded components do not. Everything else is skipped and takes no memory, however
// much there is. The report has passed Report.Validate and still needs Report.Normalize. Errors of
// the document wrap parse.ErrInvalid.
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

// DecodeSPDX makes a report from an SPDX 2.1 to 2.3 document in JSON of at most
// inventory.MaxReport bytes. An SPDX document does not name a device, so id must (ErrNoDevice). If
// the document has packages for several architectures, those of id.OSArchitecture and those for
// all are kept; source packages never are. Files, relationships and everything else that is not
// software is skipped and takes no memory.
//
// The report has passed Report.Validate and still needs Report.Normalize. Errors of the document
// wrap parse.ErrInvalid.
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
