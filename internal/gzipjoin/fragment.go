package gzipjoin

import "encoding/binary"

const (
	// HeaderSize is the number of bytes that AppendHeader adds.
	HeaderSize = 10
	// TrailerSize is the number of bytes that AppendTrailer adds.
	TrailerSize = 2 + 4 + 4
)

// Fragment describes bytes that were deflated separately, or several adjacent fragments. The zero
// Fragment describes no bytes.
type Fragment struct {
	// Raw is the number of bytes before compression.
	Raw int64
	// Size is the number of bytes after compression.
	Size int64
	// CRC is the CRC-32 (IEEE) of the raw bytes.
	CRC uint32
}

// Join returns the Fragment of f directly followed by next. Joining is associative, and the zero
// Fragment is its identity.
func (f Fragment) Join(next Fragment) Fragment {
	return Fragment{
		Raw:  f.Raw + next.Raw,
		Size: f.Size + next.Size,
		CRC:  Combine(f.CRC, next.CRC, next.Raw),
	}
}

// AppendHeader appends the gzip header of every part: deflate, no flags, no time, unknown
// operating system (RFC 1952, section 2.3).
func AppendHeader(dst []byte) []byte {
	return append(dst, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
}

// AppendTrailer appends the end of a part: an empty final block, then CRC and length of all raw
// bytes, which whole describes. The length is modulo 2^32, as in RFC 1952.
func AppendTrailer(dst []byte, whole Fragment) []byte {
	dst = append(dst, finalBlock...)
	dst = binary.LittleEndian.AppendUint32(dst, whole.CRC)
	return binary.LittleEndian.AppendUint32(dst, uint32(whole.Raw))
}

// finalBlock is the shortest final deflate block: fixed codes, no data.
const finalBlock = "\x03\x00"
