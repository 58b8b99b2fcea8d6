package inventory

import (
	"crypto/sha256"
	"errors"
	"fmt"
	"iter"
	"runtime"
	"slices"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/inventory/parse"
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

// documentVersion is the first byte of Document.Data. It is raised when older programs cannot read
// the rest; they then refuse the document.
const documentVersion = 1

// tracedVersion is the first byte of a document of facts whose origins are known, or of which some could
// not be read. Facts without either have the same bytes as ever.
const tracedVersion = 2

// traced is the content of such a document.
type traced struct {
	Facts   Facts `cbor:"1,keyasint"`
	Origins Facts `cbor:"2,keyasint,omitempty"`
	Unread  Facts `cbor:"3,keyasint,omitempty"`
}

// maxDocument bounds a document's canonical bytes: a report of MaxReport bytes
// grows at most threefold by Unicode normalisation, and by its defaults.
const maxDocument = 4 * MaxReport

// Codec turns reports into documents and back. It has the compressor's working memory, so one is
// made at the start and shared; it is safe for concurrent use and needs no closing.
type Codec struct {
	compressor   *zstd.Encoder
	decompressor *zstd.Decoder
	encoder      cbor.EncMode
	decoder      cbor.DecMode
}

// NewCodec returns a codec that works on as many documents at once as there are processors.
func NewCodec() (*Codec, error) {
	compressor, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithLowerEncoderMem(true))
	if err != nil {
		return nil, fmt.Errorf("making the compressor: %w", err)
	}
	decompressor, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxDocument),
		zstd.WithDecoderConcurrency(runtime.GOMAXPROCS(0)))
	if err != nil {
		return nil, fmt.Errorf("making the decompressor: %w", err)
	}
	encoder, err := cbor.CoreDetEncOptions().EncMode()
	if err != nil {
		return nil, fmt.Errorf("making the encoder: %w", err)
	}
	decoder, err := cbor.DecOptions{
		DupMapKey:        cbor.DupMapKeyEnforcedAPF,
		IndefLength:      cbor.IndefLengthForbidden,
		TagsMd:           cbor.TagsForbidden,
		MaxNestedLevels:  4,
		MaxArrayElements: max(MaxSoftware, MaxHotfixes, MaxConfigurations),
		MaxMapPairs:      MaxFacts,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("making the decoder: %w", err)
	}
	return &Codec{compressor, decompressor, encoder, decoder}, nil
}

// Documents returns one document for each section of r, including empty ones, in the order of
// Section. r must be normalised: equal content then gives equal documents.
func (c *Codec) Documents(r *Report) ([]Document, error) {
	sections := [...]struct {
		section Section
		version byte
		present bool
		content any
	}{
		{SectionSoftware, documentVersion, r.Software != nil, r.Software},
		{SectionHotfixes, documentVersion, r.Hotfixes != nil, r.Hotfixes},
		{SectionFacts, documentVersion, r.Facts != nil, r.Facts},
		{SectionConfigurations, documentVersion, r.Configurations != nil, r.Configurations},
	}
	if len(r.Origins)+len(r.Unread) > 0 {
		facts := &sections[2]
		facts.version, facts.content = tracedVersion, traced{r.Facts, r.Origins, r.Unread}
	}
	var docs []Document
	for _, s := range sections {
		if !s.present {
			continue
		}
		doc, err := c.document(s.section, s.version, s.content)
		if err != nil {
			return nil, err
		}
		docs = append(docs, doc)
	}
	return docs, nil
}

// document makes the document of one section.
func (c *Codec) document(section Section, version byte, content any) (Document, error) {
	canonical, err := c.encoder.Marshal(content)
	if err != nil {
		return Document{}, fmt.Errorf("encoding %v: %w", section, err)
	}
	if len(canonical) > maxDocument {
		return Document{}, fmt.Errorf("encoding %v: %w: %d bytes, the limit is %d", section, parse.ErrTooLarge,
			len(canonical), maxDocument)
	}
	data := make([]byte, 1, 64+len(canonical)/4)
	data[0] = version
	return Document{Section: section, Hash: sha256.Sum256(canonical), Data: c.compressor.EncodeAll(canonical, data)}, nil
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

// decode returns a report with the content of only one document.
func (c *Codec) decode(doc Document) (*Report, error) {
	var (
		part Report
		err  error
	)
	switch doc.Section {
	case SectionSoftware:
		err = c.read(doc, &part.Software)
	case SectionHotfixes:
		err = c.read(doc, &part.Hotfixes)
	case SectionFacts:
		err = c.readFacts(doc, &part)
	case SectionConfigurations:
		err = c.read(doc, &part.Configurations)
	default:
		err = fmt.Errorf("%w: unknown section", ErrDamaged)
	}
	return &part, err
}

// unite adds the sections of a later report.
func (r *Report) unite(part *Report) {
	r.Software = unite(r.Software, part.Software)
	r.Hotfixes = unite(r.Hotfixes, part.Hotfixes)
	r.uniteFacts(part)
	r.Configurations = uniteConfigurations(r.Configurations, part.Configurations)
}

// readFacts decodes a document of facts of either version.
func (c *Codec) readFacts(doc Document, part *Report) error {
	if len(doc.Data) == 0 || doc.Data[0] != tracedVersion {
		return c.read(doc, &part.Facts)
	}
	var content traced
	err := c.readVersion(doc, tracedVersion, &content)
	part.Facts, part.Origins, part.Unread = content.Facts, content.Origins, content.Unread
	return err
}

// read decodes a document into content after checking it.
func (c *Codec) read(doc Document, content any) error {
	return c.readVersion(doc, documentVersion, content)
}

// readVersion decodes a document of a version.
func (c *Codec) readVersion(doc Document, version byte, content any) error {
	if len(doc.Data) == 0 {
		return fmt.Errorf("%w: it is empty", ErrDamaged)
	}
	if v := doc.Data[0]; v != version {
		return unknownVersion(v, doc.Section)
	}
	canonical, err := c.decompressor.DecodeAll(doc.Data[1:], nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	if sha256.Sum256(canonical) != doc.Hash {
		return fmt.Errorf("%w: its content does not match its hash", ErrDamaged)
	}
	if err := c.decoder.Unmarshal(canonical, content); err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	return nil
}

// unknownVersion returns the reason why a document of version v cannot be read.
func unknownVersion(v byte, section Section) error {
	newest := byte(documentVersion)
	if section == SectionFacts {
		newest = tracedVersion
	}
	if v > newest {
		return fmt.Errorf("%w: its format is %d, this program reads up to %d; start the newer program, or restore a backup made before it ran",
			ErrTooNew, v, newest)
	}
	return fmt.Errorf("%w: its format %d is unknown", ErrDamaged, v)
}

// unite joins two lists; the result is nil only if both are.
func unite[T any](a, b []T) []T {
	if a == nil {
		return b
	}
	return append(a, b...)
}

// uniteConfigurations merges results by id; the later replaces the earlier.
func uniteConfigurations(earlier, later []Configuration) []Configuration {
	if earlier == nil {
		return later
	}
	newer := make(map[string]bool, len(later))
	for _, c := range later {
		newer[c.ConfigurationID] = true
	}
	kept := slices.DeleteFunc(earlier, func(c Configuration) bool { return newer[c.ConfigurationID] })
	return append(kept, later...)
}
