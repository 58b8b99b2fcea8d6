package xccdf

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/markup"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// Limits of the text of a document.
const (
	// maxDocument bounds a document. Nothing of it is held but what becomes results.
	maxDocument = 128 << 20
	// maxTag bounds a tag, in bytes; that of a collection of data streams declares some twenty namespaces.
	maxTag = 16 << 10
	// maxRun bounds text without an element in it, in bytes: results in OVAL quote files.
	maxRun = 1 << 20
	// maxDepth bounds the nesting of elements; real documents have 17 to 25 levels.
	maxDepth = 100
	// holding is how much memory is asked for at a time.
	holding = 256 << 10
)

// reader reads a document, and counts what is kept of it.
type reader struct {
	*markup.Reader
	kept int64
	held int64 // told to hold
	hold func(bytes int64) error
}

// newReader returns a reader. hold, if not nil, is told how many more bytes may be kept, before they are.
func newReader(r io.Reader, hold func(bytes int64) error) *reader {
	limits := markup.Limits{Document: maxDocument, Tag: maxTag, Run: maxRun, Depth: maxDepth}
	return &reader{Reader: markup.New(r, limits), hold: hold}
}

// keep counts bytes that stay in memory until the document ends.
func (x *reader) keep(bytes int) error {
	if x.kept += int64(bytes); x.kept > inventory.MaxReport {
		return &parse.FieldError{Problem: fmt.Sprintf("rules and results take more than %d bytes", inventory.MaxReport),
			Err: parse.ErrTooLarge}
	}
	if x.hold == nil || x.kept < x.held {
		return nil
	}
	x.held += holding
	return x.hold(holding)
}

// english reports whether an element is in English, or in no language that it names.
func english(e xml.StartElement) bool {
	for _, a := range e.Attr {
		if a.Name.Local == "lang" {
			return a.Value == "" || strings.HasPrefix(strings.ToLower(a.Value), "en")
		}
	}
	return true
}

// isXCCDF reports whether a name is one of XCCDF.
func isXCCDF(name xml.Name) bool {
	version, ok := strings.CutPrefix(name.Space, inventory.NamespaceXCCDF)
	return ok && (version == "1.1" || version == "1.2")
}
