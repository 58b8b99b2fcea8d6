package column

import (
	"crypto/sha256"
	"encoding/binary"
)

// Digest is a hash of some texts, cut to 64 bits.
func Digest(texts ...string) uint64 {
	var row []byte
	for _, text := range texts {
		row = append(binary.LittleEndian.AppendUint32(row, uint32(len(text))), text...)
	}
	sum := sha256.Sum256(row)
	return binary.LittleEndian.Uint64(sum[:8])
}
