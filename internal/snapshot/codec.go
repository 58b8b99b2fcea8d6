package snapshot

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/google/uuid"
)

// The binary files (sheets, indexes, deltas, the table of a manifest) are encoded by code of our
// own. So equal content has equal bytes with every version of every library, and a repair can make
// a file again and compare its SHA-256.

// maxName bounds the name of a file, in bytes.
const maxName = 512

// newline ends lines.
var newline = []byte{'\n'}

// uuidText is the length of a UUID in its usual form.
const uuidText = 36

func appendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// appendNumbers appends non-negative numbers.
func appendNumbers(dst []byte, all ...int64) []byte {
	for _, n := range all {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return dst
}

// appendID appends a text that is usually the id of a device: 40 hexadecimal digits take 21 bytes.
func appendID(dst []byte, id string) []byte {
	if data, err := hex.DecodeString(id); err == nil && hex.EncodeToString(data) == id {
		dst = binary.AppendUvarint(dst, uint64(len(data))<<1|1)
		return append(dst, data...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(id))<<1)
	return append(dst, id...)
}

// appendName appends the name of a file as its difference to another name, like, which the decoder
// needs as well. Its last UUID takes 16 bytes.
func appendName(dst []byte, name, like string) []byte {
	head, id, tail := cutUUID(name)
	shared := 0
	for shared < min(len(head), len(like)) && head[shared] == like[shared] {
		shared++
	}
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = appendString(dst, head[shared:])
	if id == (uuid.UUID{}) {
		return append(dst, 0)
	}
	dst = binary.AppendUvarint(dst, uint64(len(tail))+1)
	dst = append(dst, id[:]...)
	return append(dst, tail...)
}

// cutUUID cuts a name at its last UUID. A name without one is all head.
func cutUUID(name string) (head string, id uuid.UUID, tail string) {
	for at := len(name) - uuidText; at >= 0; at-- {
		text := name[at : at+uuidText]
		if text[8] != '-' {
			continue
		}
		if id, err := uuid.Parse(text); err == nil && id != (uuid.UUID{}) && id.String() == text {
			return name[:at], id, name[at+uuidText:]
		}
	}
	return name, uuid.UUID{}, ""
}

// unknownForm returns the error for data that does not begin with the expected word: "muster", the
// kind of file, and the version of its form.
func unknownForm(data []byte, what string, form int) error {
	word, _, ended := bytes.Cut(data[:min(len(data), 40)], newline)
	number, ours := strings.CutPrefix(string(word), "muster "+what+" ")
	if version, err := strconv.Atoi(number); ours && ended && err == nil && version > form {
		return fmt.Errorf("%s with form %d: %w", what, version, ErrNewer)
	}
	return fmt.Errorf("%s begins with %q: %w", what, word, ErrDamaged)
}

// decoder reads values from the front of a file; after an error it returns zeros. The memory of
// the values is in proportion to the bytes read.
type decoder struct {
	rest []byte
	err  error
}

// zeros are what a decoder returns after an error.
var zeros [64]byte

func (r *decoder) fail(format string, args ...any) {
	if r.err == nil {
		r.err = fmt.Errorf(format, args...)
	}
}

// end checks that nothing follows, and returns the first error.
func (r *decoder) end(last string) error {
	if r.err == nil && len(r.rest) > 0 {
		r.err = errors.New("bytes after the last " + last)
	}
	return r.err
}

func (r *decoder) bytes(n int) []byte {
	if n > len(r.rest) {
		r.fail("cut off")
	}
	if r.err != nil {
		return zeros[:min(n, len(zeros))]
	}
	b := r.rest[:n]
	r.rest = r.rest[n:]
	return b
}

func (r *decoder) uvarint() uint64 {
	v, n := binary.Uvarint(r.rest)
	if n <= 0 {
		r.fail("bad number")
	}
	if r.err != nil {
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

func (r *decoder) varint() int64 {
	v, n := binary.Varint(r.rest)
	if n <= 0 {
		r.fail("bad number")
	}
	if r.err != nil {
		return 0
	}
	r.rest = r.rest[n:]
	return v
}

// number reads one number of appendNumbers.
func (r *decoder) number() int64 {
	v := r.uvarint()
	if v > math.MaxInt64 {
		r.fail("bad number")
		return 0
	}
	return int64(v)
}

// numbers reads several numbers of appendNumbers.
func (r *decoder) numbers(into ...*int64) {
	for _, n := range into {
		*n = r.number()
	}
}

// count reads how many things follow, which have at least size bytes each.
func (r *decoder) count(size int) int {
	n := r.uvarint()
	if n > uint64(len(r.rest)/size) {
		r.fail("count %d is more than the file holds", n)
	}
	if r.err != nil {
		return 0
	}
	return int(n)
}

func (r *decoder) string() string { return string(r.bytes(r.count(1))) }

// id reads an id of appendID.
func (r *decoder) id() string {
	n := r.uvarint()
	if n>>1 > uint64(len(r.rest)) {
		r.fail("cut off")
	}
	if r.err != nil {
		return ""
	}
	data := r.bytes(int(n >> 1))
	if n&1 == 1 {
		return hex.EncodeToString(data)
	}
	return string(data)
}

// name reads a name of appendName with the same like.
func (r *decoder) name(like string) string {
	shared := r.uvarint()
	if shared > uint64(len(like)) {
		r.fail("a name shares %d bytes with a name of %d bytes", shared, len(like))
	}
	if r.err != nil {
		return ""
	}
	name := like[:shared] + r.string()
	if n := r.uvarint(); n > 0 {
		id := uuid.UUID(r.bytes(16))
		if n-1 > maxName {
			r.fail("a name of %d bytes is too long", n)
		}
		if r.err != nil {
			return ""
		}
		name += id.String() + string(r.bytes(int(n-1)))
	}
	if len(name) > maxName {
		r.fail("a name of %d bytes is too long", len(name))
		return ""
	}
	return name
}

// file reads the size and the SHA-256 of a file whose name has been read.
func (r *decoder) file(name string) File {
	return File{Path: name, Bytes: r.number(), SHA256: Digest(r.bytes(len(Digest{})))}
}
