package csaf

import (
	"bytes"
	"errors"

	"github.com/muster-project/muster/internal/intel"
)

const (
	// maxDocument bounds a document in bytes; the largest known one, of CVE-2023-44487, has about 50 MB.
	maxDocument = 256 << 20
	// maxValues bounds its values, which are counted by their marks. That one has about two million.
	maxValues = 20_000_000
)

var (
	errPublisher = errors.New("the document is not one of Red Hat's")
	errCategory  = errors.New("the document is neither VEX nor a security advisory")
	errNoID      = errors.New("the document has no id")
	errNoCVE     = errors.New("a vulnerability has no CVE")
)

// decode reads a document: a record for each CVE of which it says something about Red Hat Enterprise Linux. A
// withdrawn draft has none.
func decode(doc intel.Document) ([]intel.Record, error) {
	if !bytes.Contains(doc.Data, []byte(`"product_tree"`)) {
		return nil, intel.NotRecord(doc) // an index, or the metadata of the publisher
	}
	var d document
	if err := intel.UnmarshalUpTo(doc, &d, maxValues); err != nil {
		return nil, err
	}
	head := &d.Document
	switch {
	case head.Publisher.Namespace != namespace:
		return nil, doc.Odd("%w: %.80q", errPublisher, head.Publisher.Namespace)
	case head.Category != isVEX && head.Category != isAdvisory:
		return nil, doc.Odd("%w: %.80q", errCategory, head.Category)
	case head.Tracking.ID == "":
		return nil, doc.Odd("%w", errNoID)
	}
	if head.Tracking.Status == "draft" {
		return nil, nil
	}
	t := newTree(&d)
	var records []intel.Record
	var odd error
	for i := range d.Vulnerabilities {
		v := &d.Vulnerabilities[i]
		if !intel.IsCVE(v.CVE) {
			odd = doc.Odd("%w: %.80q", errNoCVE, v.CVE)
			continue
		}
		if record, ok := d.record(t, v); ok {
			records = append(records, record)
		}
	}
	return records, odd
}

// IsDocument reports whether a text, of which the end may be missing, begins a document of this feed. has are the
// paths of its members.
func IsDocument(text []byte, has map[string]bool) bool {
	return has["document.csaf_version"] && bytes.Contains(text, []byte(`"`+namespace+`"`))
}
