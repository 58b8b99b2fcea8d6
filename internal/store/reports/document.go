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

// SourceDocument is the newest document of one source about one section of a device.
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

// hashDevice returns the SHA-256 over everything that reports say of a device, identity and
// documents, in a fixed order, and the number of bytes hashed. Texts are preceded by their length,
// so that no two devices give the same bytes.
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

// appendIdentity appends what reports say of a device, except its documents.
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

// sameIdentity reports whether two devices with the same documents would have equal hashes.
func sameIdentity(a, b inventory.Device) bool {
	return bytes.Equal(appendIdentity(nil, a), appendIdentity(nil, b))
}

func appendText(b []byte, s string) []byte {
	return append(binary.AppendUvarint(b, uint64(len(s))), s...)
}
