package reports

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/binary"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store/database"
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
type documentHashes map[documentKey]database.Hash

// hashDevice is the SHA-256 over everything that reports say of a device:
// identity and documents, in an order of their own. Texts carry their length,
// so that no two devices spell the same bytes. It also tells how many bytes
// those were.
func hashDevice(d inventory.Device, documents documentHashes) (sum [32]byte, size int) {
	b := appendIdentity(nil, d)
	for _, key := range slices.SortedFunc(maps.Keys(documents), documentKey.compare) {
		hash := documents[key]
		b = appendText(b, key.source)
		b = append(b, byte(key.section))
		b = append(b, hash[:]...)
	}
	return sha256.Sum256(b), len(b)
}

// appendIdentity appends what reports say of a device beside its documents.
func appendIdentity(b []byte, d inventory.Device) []byte {
	for _, s := range []string{d.ID, d.Name, d.OSPlatform, d.OSVersion, d.OSArchitecture} {
		b = appendText(b, s)
	}
	b = binary.AppendUvarint(b, uint64(len(d.Tags)))
	for _, tag := range d.Tags {
		b = appendText(b, tag)
	}
	return b
}

// sameIdentity tells whether the hashes of two devices with the same documents
// would be equal.
func sameIdentity(a, b inventory.Device) bool {
	return bytes.Equal(appendIdentity(nil, a), appendIdentity(nil, b))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
