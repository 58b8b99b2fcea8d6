package scan

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/archive"
	"github.com/muster-project/muster/internal/inventory/hosts"
	"github.com/muster-project/muster/internal/inventory/sbom"
	"github.com/muster-project/muster/internal/inventory/xccdf"
	"github.com/muster-project/muster/internal/plain"
)

// maxDocuments bounds the reports of one document of many.
const maxDocuments = 1000

// ErrDocument is wrapped by errors of a document that cannot be assessed.
var ErrDocument = errors.New("not a document that can be scanned")

// Documents reads the reports of a document: one report in JSON, several in lines, CycloneDX or SPDX,
// also compressed by gzip. id overrides what an SBOM says of its device; one that names no device gets
// the name fallback. Reports are normalised as those that a server receives at the time now. Errors of
// the document wrap ErrDocument.
func Documents(in io.Reader, id sbom.Identity, fallback string, now time.Time) ([]*inventory.Report, error) {
	text, err := readText(in)
	if err != nil {
		return nil, err
	}
	list, err := decode(text, id)
	if (errors.Is(err, sbom.ErrNoDevice) || errors.Is(err, xccdf.ErrNoDevice)) && id.DeviceName == "" {
		id.DeviceName = fallback
		list, err = decode(text, id)
	}
	if err == nil && len(list) == 0 {
		err = errors.New("it has no report")
	}
	for i := range list {
		if err == nil {
			err = list[i].Normalize(now)
		}
	}
	if err != nil && !errors.Is(err, ErrDocument) {
		err = fmt.Errorf("%w: %w", ErrDocument, err)
	}
	return list, err
}

// maxText bounds a document of several reports, uncompressed, in bytes.
const maxText = 16 * inventory.MaxReport

// readText reads a document to its end and decompresses it.
func readText(in io.Reader) ([]byte, error) {
	text, err := readAll(in)
	if err == nil && archive.IsZip(text) {
		if text, err = archive.Unzip(text, maxText); err != nil {
			err = fmt.Errorf("%w: %w", ErrDocument, err)
		}
		return text, err
	}
	if err != nil || !bytes.HasPrefix(text, []byte{0x1f, 0x8b}) {
		return text, err
	}
	packed, err := gzip.NewReader(bytes.NewReader(text))
	if err == nil {
		text, err = readAll(packed)
	}
	if err != nil && !errors.Is(err, ErrDocument) {
		err = fmt.Errorf("%w: decompressing it: %w", ErrDocument, err)
	}
	return text, err
}

// readAll reads up to maxText bytes.
func readAll(in io.Reader) ([]byte, error) {
	text, err := io.ReadAll(io.LimitReader(in, maxText+1))
	if err == nil && len(text) > maxText {
		err = fmt.Errorf("%w: it has more than %d bytes", ErrDocument, maxText)
	}
	return text, err
}

// decode decodes a document by its format.
func decode(text []byte, id sbom.Identity) (list []*inventory.Report, err error) {
	head := text[:min(len(text), 64<<10)]
	format := inventory.Detect(head)
	given := inventory.Given{Name: id.DeviceName, ID: id.DeviceID, OSPlatform: id.OSPlatform, OSVersion: id.OSVersion,
		OSArchitecture: id.OSArchitecture}
	switch format {
	case inventory.FormatUnknown:
		return nil, unknown(head)
	case inventory.FormatNDJSON:
		return decodeLines(text, given)
	}
	if format == inventory.FormatXCCDF {
		return decodeResults(text, given)
	}
	if list, ok, err := hosts.Decode(format, text, given); ok {
		return list, err
	}
	one, ok, err := sbom.Decode(format, text, id)
	if !ok {
		one, err = inventory.DecodeReport(text, given)
	}
	return []*inventory.Report{one}, err
}

// decodeResults decodes results in XCCDF.
func decodeResults(text []byte, given inventory.Given) (list []*inventory.Report, err error) {
	all, err := xccdf.Decode(bytes.NewReader(text), given, nil)
	for _, one := range all {
		list = append(list, one.Report)
	}
	return list, err
}

// unknown returns the error of a document of another format, with what to do.
func unknown(head []byte) error {
	if len(bytes.TrimSpace(head)) == 0 {
		return fmt.Errorf("%w: it is empty", ErrDocument)
	}
	return plain.Hinted(ErrDocument, "%s", cmp.Or(inventory.Foreign(head), "what is understood is "+inventory.Understood))
}

// decodeLines decodes reports in lines.
func decodeLines(text []byte, given inventory.Given) (list []*inventory.Report, err error) {
	admit := func([]byte) error {
		if len(list) >= maxDocuments {
			return fmt.Errorf("it has more than %d reports", maxDocuments)
		}
		return nil
	}
	for one, err := range inventory.DecodeLines(bytes.NewReader(text), given, admit) {
		if err != nil {
			return nil, err
		}
		list = append(list, one)
	}
	return list, nil
}
