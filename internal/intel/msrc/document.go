package msrc

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/muster-project/muster/internal/intel"
)

const (
	// maxDocument bounds a document, in bytes. A month of 2021 has 3 MB.
	maxDocument = 128 << 20
	// maxVulnerabilities bounds the CVEs of a document; months have some hundreds.
	maxVulnerabilities = 20_000
)

// document has the members of both forms of documents. Each is decoded by itself, so that what is wrong
// with one CVE costs no other.
type document struct {
	Title         json.RawMessage `json:"DocumentTitle"`
	Tracking      json.RawMessage `json:"DocumentTracking"`
	Products      json.RawMessage `json:"ProductTree"`
	Vulnerability json.RawMessage `json:"Vulnerability"`

	Head            json.RawMessage `json:"document"`
	Tree            json.RawMessage `json:"product_tree"`
	Vulnerabilities json.RawMessage `json:"vulnerabilities"`

	Lacking json.RawMessage `json:"lackingMonths"`
}

// decode reads a document of either form (intel.Decode).
func decode(doc intel.Document) ([]intel.Record, error) {
	var d document
	if err := json.Unmarshal(doc.Data, &d); err != nil {
		return nil, intel.NotRecord(doc)
	}
	var (
		read reader
		list json.RawMessage
		err  error
	)
	switch {
	case d.Tracking != nil && d.Vulnerability != nil:
		list = d.Vulnerability
		read, err = readMonth(doc, d.Title, d.Tracking, d.Products)
	case d.Head != nil && d.Vulnerabilities != nil:
		list = d.Vulnerabilities
		read, err = readAdvisory(doc, d.Head, d.Tree)
	case d.Lacking != nil:
		return nil, readLacking(doc, d.Lacking)
	default:
		return nil, intel.ErrNotRecord
	}
	if err != nil {
		return nil, err
	}
	return each(doc, list, read)
}

// IsDocument reports whether a text begins as a document of either form, by the paths of the members in it.
// CSAF documents of other publishers are none.
func IsDocument(text []byte, has map[string]bool) bool {
	return has["DocumentTracking.InitialReleaseDate"] || has["document.csaf_version"] && bytes.Contains(text, []byte(`"`+namespace+`"`))
}

// each reads every CVE of a document. Those that cannot be read are left out and told together, by the first.
func each(doc intel.Document, list json.RawMessage, read reader) (records []intel.Record, err error) {
	d := json.NewDecoder(bytes.NewReader(list))
	if start, err := d.Token(); err != nil || start != json.Delim('[') {
		return nil, doc.Odd("the vulnerabilities are not a list")
	}
	var first error
	others := 0
	for n := 0; d.More(); n++ {
		if n == maxVulnerabilities {
			return nil, doc.Odd("more than %d CVEs: %w", maxVulnerabilities, intel.ErrTooLarge)
		}
		var text json.RawMessage
		if err := d.Decode(&text); err != nil {
			return nil, doc.Odd("%w", err)
		}
		record, err := read(intel.Document{Name: fmt.Sprintf("%s#%d", doc.Name, n), Data: text})
		switch {
		case err == nil:
			records = append(records, record)
		case first == nil:
			first = err
		default:
			others++
		}
	}
	if others > 0 {
		first = doc.Odd("%d other CVEs are left out, too: %w", others, first)
	}
	return records, first
}
