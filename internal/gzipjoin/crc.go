package gzipjoin

import "hash/crc32"

// Combine returns the CRC-32 (IEEE) of two concatenated pieces of data, from the CRC-32 of each
// and the length of the second in bytes. Its time grows with the logarithm of the length.
//
// Read as polynomials over GF(2), appending n bytes multiplies the first CRC by x^8n modulo the
// CRC's polynomial; then the second is added. The inversions at both ends of the CRC cancel out.
func Combine(crc1, crc2 uint32, len2 int64) uint32 {
	const bitsOfByte = 3 // a byte is 2^3 bits
	for k, n := bitsOfByte, uint64(len2); n != 0; k, n = k+1, n>>1 {
		if n&1 != 0 {
			crc1 = multiply(crc1, squares[k%len(squares)])
		}
	}
	return crc1 ^ crc2
}

// squares has x^(2^k) at k. Squaring 32 times is the identity in the field of 2^32 elements, so
// the powers repeat after the last.
var squares = squaresOfX()

func squaresOfX() (table [32]uint32) {
	table[0] = 1 << 30 // x: the highest bit is the coefficient of x^0
	for k := 1; k < len(table); k++ {
		table[k] = multiply(table[k-1], table[k-1])
	}
	return table
}

// multiply returns a times b modulo the CRC's polynomial. Bits are in the CRC's reversed order:
// x^0 is the highest.
func multiply(a, b uint32) (product uint32) {
	for ; a != 0; a <<= 1 {
		product ^= b & -(a >> 31)
		b = b>>1 ^ crc32.IEEE&-(b&1) // b times x
	}
	return product
}
