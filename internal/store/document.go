package store

import (
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// SourceDocument is what one source said last about one section of a device.
type SourceDocument struct {
	Source string
	inventory.Document
}

type documentKey struct {
	source  string
	section inventory.Section
}

func (a documentKey) compare(b documentKey) int {
	return cmp.Or(cmp.Compare(a.source, b.source), cmp.Compare(a.section, b.section))
}

// documentHashes are the hashes of all documents of a device.
type documentHashes map[documentKey]hash256

// replace puts the hashes of a source's new documents in place of the old and
// returns the documents whose content is not the one that is stored. Of two
// for one section the last counts.
func (h documentHashes) replace(source string, documents []inventory.Document) (fresh []inventory.Document) {
	for _, doc := range documents {
		key := documentKey{source, doc.Section}
		if old, known := h[key]; !known || old != doc.Hash {
			fresh = append(fresh, doc)
		}
		h[key] = doc.Hash
	}
	return fresh
}

// hashDevice is the SHA-256 over everything that reports say of a device:
// identity and documents, in an order of their own. Texts carry their length,
// so that no two devices spell the same bytes.
func hashDevice(d inventory.Device, documents documentHashes) [32]byte {
	var b []byte
	text := func(s string) { b = append(binary.AppendUvarint(b, uint64(len(s))), s...) }
	for _, s := range []string{d.ID, d.Name, d.OSPlatform, d.OSVersion, d.OSArchitecture} {
		text(s)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Tags)))
	for _, tag := range d.Tags {
		text(tag)
	}
	for _, key := range slices.SortedFunc(maps.Keys(documents), documentKey.compare) {
		hash := documents[key]
		text(key.source)
		b = append(b, byte(key.section))
		b = append(b, hash[:]...)
	}
	return sha256.Sum256(b)
}

// hash256 is scanned from a column of 32 bytes.
type hash256 [32]byte

// Scan implements sql.Scanner.
func (h *hash256) Scan(value any) error {
	b, ok := value.([]byte)
	if !ok || len(b) != len(h) {
		return fmt.Errorf("stored hash is %v, must be %d bytes", value, len(h))
	}
	copy(h[:], b)
	return nil
}

// nonNil keeps an empty document from becoming NULL.
func nonNil(b []byte) []byte {
	if b == nil {
		return []byte{}
	}
	return b
}
