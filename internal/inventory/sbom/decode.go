package sbom

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
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

// DecodeSPDX makes a report from an SPDX document in JSON, of version 2.1 to 2.3, or of version 3.0 in
// JSON-LD, of at most inventory.MaxReport bytes. An SPDX document does not name a device, so id must
// (ErrNoDevice). If the document has packages for several architectures, those of id.OSArchitecture and
// those for all are kept; source packages never are. Files, relationships and everything else that is not
// software is skipped and takes no memory.
//
// The report has passed Report.Validate and still needs Report.Normalize. Errors of the document
// wrap parse.ErrInvalid.
func DecodeSPDX(r io.Reader, id Identity) (*inventory.Report, error) {
	text, err := readDocument(r)
	if err != nil {
		return nil, err
	}
	read := readSPDX
	if isGraph(text) {
		read = readSPDX3
	}
	s, err := read(text)
	if err != nil {
		return nil, fmt.Errorf("reading the SPDX document: %w", err)
	}
	return s.report(id)
}

// isGraph reports whether a document in JSON begins as JSON-LD does: some member before any of SPDX 2 is a context
// or a graph.
func isGraph(text string) bool {
	found, p := false, parse.NewJSON(text)
	_ = p.Object(func(key string) error {
		switch key {
		case "@context", "@graph":
			found = true
			return errKnown
		case "spdxVersion", "SPDXID":
			return errKnown
		}
		return p.Skip()
	})
	return found
}

// errKnown ends looking at a document.
var errKnown = errors.New("known")

// Decode makes a report from a document of any format of this package, by the format. It does what DecodeCycloneDX and
// DecodeSPDX do. No document of the other formats names a device. ok is false if the format is another package's.
func Decode(format inventory.Format, text []byte, id Identity) (r *inventory.Report, ok bool, err error) {
	var read func(string) (*sbom, error)
	switch format {
	case inventory.FormatCycloneDXJSON, inventory.FormatCycloneDXXML:
		r, err = DecodeCycloneDX(bytes.NewReader(text), id)
		return r, true, err
	case inventory.FormatSPDX:
		r, err = DecodeSPDX(bytes.NewReader(text), id)
		return r, true, err
	case inventory.FormatTagValue:
		read = readTagValue
	case inventory.FormatSyft:
		read = readSyft
	case inventory.FormatTrivy:
		read = readTrivy
	default:
		return nil, false, nil
	}
	document, err := readDocument(bytes.NewReader(text))
	if err != nil {
		return nil, true, err
	}
	s, err := read(document)
	if err != nil {
		return nil, true, fmt.Errorf("reading the document (%s): %w", format, err)
	}
	r, err = s.report(id)
	return r, true, err
}
