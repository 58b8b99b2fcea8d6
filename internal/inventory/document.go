package inventory

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
)

// Section is a part of a report that is stored, compared and replaced separately. The numbers are
// stored and keep their meaning.
type Section uint8

// The sections of a report.
const (
	SectionSoftware Section = iota + 1
	SectionHotfixes
	SectionFacts
	SectionConfigurations
)

// String returns the section's key in a report's JSON.
func (s Section) String() string {
	switch s {
	case SectionSoftware:
		return "software"
	case SectionHotfixes:
		return "hotfixes"
	case SectionFacts:
		return "facts"
	case SectionConfigurations:
		return "configurations"
	}
	return fmt.Sprintf("section %d", uint8(s))
}

// Errors of opening a document; test with errors.Is.
var (
	// ErrDamaged says that a stored document was changed or is incomplete.
	ErrDamaged = errors.New("damaged document")
	// ErrTooNew says that a stored document was written by a newer program.
	ErrTooNew = errors.New("document of a newer program")
)

// Document is one section of one report as it is stored.
type Document struct {
	Section Section
	// Hash is the SHA-256 of the section's canonical bytes: equal content has equal hashes,
	// whatever the compression.
	Hash [sha256.Size]byte
	// Data is the format's version, one byte, and then the canonical bytes
	// (CBOR, RFC 8949 section 4.2.1) in one zstd frame.
	Data []byte
	// Own says that the device's own credential wrote the document. It is set for stored
	// documents.
	Own bool
}

// Each yields documents from a slice, for Join.
func Each(docs []Document) iter.Seq2[Document, error] {
	return func(yield func(Document, error) bool) {
		for _, doc := range docs {
			if !yield(doc, nil) {
				return
			}
		}
	}
}
