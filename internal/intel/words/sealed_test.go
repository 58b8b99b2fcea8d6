package words_test

import "crypto/sha256"

// sealed corrects the checksum of a changed file.
func sealed(data []byte) []byte {
	head := len(format.Magic) + 4
	sum := sha256.Sum256(data[head+sha256.Size:])
	copy(data[head:], sum[:])
	return data
}
