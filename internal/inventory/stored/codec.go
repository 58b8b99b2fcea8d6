package stored

import (
	"crypto/sha256"
	"fmt"
	"runtime"

	"github.com/fxamacker/cbor/v2"
	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/parse"
)

// documentVersion is the first byte of Document.Data. It is raised when older programs cannot read
// the rest; they then refuse the document.
const documentVersion = 1

// tracedVersion is the first byte of a document of facts whose origins are known, or of which some could
// not be read. Facts without either have the same bytes as ever.
const tracedVersion = 2

// traced is the content of such a document.
type traced struct {
	Facts   inventory.Facts `cbor:"1,keyasint"`
	Origins inventory.Facts `cbor:"2,keyasint,omitempty"`
	Unread  inventory.Facts `cbor:"3,keyasint,omitempty"`
}

// maxDocument bounds a document's canonical bytes: a report of MaxReport bytes
// grows at most threefold by Unicode normalisation, and by its defaults.
const maxDocument = 4 * inventory.MaxReport

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
		MaxArrayElements: max(inventory.MaxSoftware, inventory.MaxHotfixes, inventory.MaxConfigurations),
		MaxMapPairs:      inventory.MaxFacts,
	}.DecMode()
	if err != nil {
		return nil, fmt.Errorf("making the decoder: %w", err)
	}
	return &Codec{compressor, decompressor, encoder, decoder}, nil
}

// Documents returns one document for each section of r, including empty ones, in the order of
// Section. r must be normalised: equal content then gives equal documents.
func (c *Codec) Documents(r *inventory.Report) ([]inventory.Document, error) {
	sections := [...]struct {
		section inventory.Section
		version byte
		present bool
		content any
	}{
		{inventory.SectionSoftware, documentVersion, r.Software != nil, r.Software},
		{inventory.SectionHotfixes, documentVersion, r.Hotfixes != nil, r.Hotfixes},
		{inventory.SectionFacts, documentVersion, r.Facts != nil, r.Facts},
		{inventory.SectionConfigurations, documentVersion, r.Configurations != nil, r.Configurations},
	}
	if len(r.Origins)+len(r.Unread) > 0 {
		facts := &sections[2]
		facts.version, facts.content = tracedVersion, traced{r.Facts, r.Origins, r.Unread}
	}
	var docs []inventory.Document
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
func (c *Codec) document(section inventory.Section, version byte, content any) (inventory.Document, error) {
	canonical, err := c.encoder.Marshal(content)
	if err != nil {
		return inventory.Document{}, fmt.Errorf("encoding %v: %w", section, err)
	}
	if len(canonical) > maxDocument {
		return inventory.Document{}, fmt.Errorf("encoding %v: %w: %d bytes, the limit is %d", section, parse.ErrTooLarge,
			len(canonical), maxDocument)
	}
	data := make([]byte, 1, 64+len(canonical)/4)
	data[0] = version
	data = c.compressor.EncodeAll(canonical, data)
	return inventory.Document{Section: section, Hash: sha256.Sum256(canonical), Data: data}, nil
}

// decode returns a report with the content of only one document.
func (c *Codec) decode(doc inventory.Document) (*inventory.Report, error) {
	var (
		part inventory.Report
		err  error
	)
	switch doc.Section {
	case inventory.SectionSoftware:
		err = c.read(doc, &part.Software)
	case inventory.SectionHotfixes:
		err = c.read(doc, &part.Hotfixes)
	case inventory.SectionFacts:
		err = c.readFacts(doc, &part)
	case inventory.SectionConfigurations:
		err = c.read(doc, &part.Configurations)
	default:
		err = fmt.Errorf("%w: unknown section", inventory.ErrDamaged)
	}
	return &part, err
}

// readFacts decodes a document of facts of either version.
func (c *Codec) readFacts(doc inventory.Document, part *inventory.Report) error {
	if len(doc.Data) == 0 || doc.Data[0] != tracedVersion {
		return c.read(doc, &part.Facts)
	}
	var content traced
	err := c.readVersion(doc, tracedVersion, &content)
	part.Facts, part.Origins, part.Unread = content.Facts, content.Origins, content.Unread
	return err
}

// read decodes a document into content after checking it.
func (c *Codec) read(doc inventory.Document, content any) error {
	return c.readVersion(doc, documentVersion, content)
}

// readVersion decodes a document of a version.
func (c *Codec) readVersion(doc inventory.Document, version byte, content any) error {
	if len(doc.Data) == 0 {
		return fmt.Errorf("%w: it is empty", inventory.ErrDamaged)
	}
	if v := doc.Data[0]; v != version {
		return unknownVersion(v, doc.Section)
	}
	canonical, err := c.decompressor.DecodeAll(doc.Data[1:], nil)
	if err != nil {
		return fmt.Errorf("%w: %w", inventory.ErrDamaged, err)
	}
	if sha256.Sum256(canonical) != doc.Hash {
		return fmt.Errorf("%w: its content does not match its hash", inventory.ErrDamaged)
	}
	if err := c.decoder.Unmarshal(canonical, content); err != nil {
		return fmt.Errorf("%w: %w", inventory.ErrDamaged, err)
	}
	return nil
}

// unknownVersion returns the reason why a document of version v cannot be read.
func unknownVersion(v byte, section inventory.Section) error {
	newest := byte(documentVersion)
	if section == inventory.SectionFacts {
		newest = tracedVersion
	}
	if v > newest {
		return fmt.Errorf("%w: its format is %d, this program reads up to %d; start the newer program, or restore a backup made before it ran",
			inventory.ErrTooNew, v, newest)
	}
	return fmt.Errorf("%w: its format %d is unknown", inventory.ErrDamaged, v)
}
