package gzipjoin

import "encoding/binary"

const (
	// HeaderSize is the number of bytes that AppendHeader adds.
	HeaderSize = 10
	// TrailerSize is the number of bytes that AppendTrailer adds.
	TrailerSize = 2 + 4 + 4
)

// Fragment describes bytes that were deflated on their own, or several such
// fragments laid one after the other. The zero Fragment is that of no bytes.
type Fragment struct {
	// Raw is the number of bytes before compression.
	Raw int64
	// Size is the number of bytes after compression.
	Size int64
	// CRC is the CRC-32 (IEEE) of the raw bytes.
	CRC uint32
}

// Join returns the fragment that f and next make when next is laid right
// after f. Joining is associative, and the zero Fragment changes nothing.
func (f Fragment) Join(next Fragment) Fragment {
	return Fragment{
		Raw:  f.Raw + next.Raw,
		Size: f.Size + next.Size,
		CRC:  Combine(f.CRC, next.CRC, next.Raw),
	}
}

// AppendHeader appends the gzip header that opens every part: deflate, no
// flags, no time, unknown operating system (RFC 1952, section 2.3).
func AppendHeader(dst []byte) []byte {
	return append(dst, 0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 255)
}

// AppendTrailer appends what closes a part after its fragments: an empty final
// block, then CRC and length of all raw bytes, which whole describes. The
// length is kept modulo 2^32, as RFC 1952 has it.
func AppendTrailer(dst []byte, whole Fragment) []byte {
	dst = append(dst, finalBlock...)
	dst = binary.LittleEndian.AppendUint32(dst, whole.CRC)
	return binary.LittleEndian.AppendUint32(dst, uint32(whole.Raw))
}

// finalBlock is the shortest final deflate block: fixed codes, no data.
const finalBlock = "\x03\x00"
