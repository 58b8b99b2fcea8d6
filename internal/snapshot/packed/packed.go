package packed

import (
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"math"

	"github.com/google/uuid"
)

// MaxName bounds the name of a file, in bytes.
const MaxName = 512

// uuidText is the length of a UUID in its usual form.
const uuidText = 36

// AppendString appends the length and the bytes of a text.
func AppendString(dst []byte, s string) []byte {
	dst = binary.AppendUvarint(dst, uint64(len(s)))
	return append(dst, s...)
}

// AppendNumbers appends non-negative numbers.
func AppendNumbers(dst []byte, all ...int64) []byte {
	for _, n := range all {
		dst = binary.AppendUvarint(dst, uint64(n))
	}
	return dst
}

// AppendID appends a text that is usually the id of a device: 40 hexadecimal digits take 21 bytes.
func AppendID(dst []byte, id string) []byte {
	if data, err := hex.DecodeString(id); err == nil && hex.EncodeToString(data) == id {
		dst = binary.AppendUvarint(dst, uint64(len(data))<<1|1)
		return append(dst, data...)
	}
	dst = binary.AppendUvarint(dst, uint64(len(id))<<1)
	return append(dst, id...)
}

// AppendName appends the name of a file as its difference to another name, like, which the Reader
// needs as well. Its last UUID takes 16 bytes.
func AppendName(dst []byte, name, like string) []byte {
	head, id, tail := cutUUID(name)
	shared := 0
	for shared < min(len(head), len(like)) && head[shared] == like[shared] {
		shared++
	}
	dst = binary.AppendUvarint(dst, uint64(shared))
	dst = AppendString(dst, head[shared:])
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

// Reader reads values from the front of a file; after an error it returns zeros. The memory of
// the values is in proportion to the bytes read.
type Reader struct {
	// Rest is what was not read yet, Err the first error.
	Rest []byte
	Err  error
}

// zeros are what a Reader returns after an error.
var zeros [64]byte

// Fail sets the error, unless there is one.
func (r *Reader) Fail(format string, args ...any) {
	if r.Err == nil {
		r.Err = fmt.Errorf(format, args...)
	}
}

// End checks that nothing follows, and returns the first error.
func (r *Reader) End(last string) error {
	if r.Err == nil && len(r.Rest) > 0 {
		r.Err = errors.New("bytes after the last " + last)
	}
	return r.Err
}

// Bytes reads n bytes. They are part of the file.
func (r *Reader) Bytes(n int) []byte {
	if n > len(r.Rest) {
		r.Fail("cut off")
	}
	if r.Err != nil {
		return zeros[:min(n, len(zeros))]
	}
	b := r.Rest[:n]
	r.Rest = r.Rest[n:]
	return b
}

// Uvarint reads an unsigned varint.
func (r *Reader) Uvarint() uint64 {
	v, n := binary.Uvarint(r.Rest)
	if n <= 0 {
		r.Fail("bad number")
	}
	if r.Err != nil {
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Varint reads a signed varint.
func (r *Reader) Varint() int64 {
	v, n := binary.Varint(r.Rest)
	if n <= 0 {
		r.Fail("bad number")
	}
	if r.Err != nil {
		return 0
	}
	r.Rest = r.Rest[n:]
	return v
}

// Number reads one number of AppendNumbers.
func (r *Reader) Number() int64 {
	v := r.Uvarint()
	if v > math.MaxInt64 {
		r.Fail("bad number")
		return 0
	}
	return int64(v)
}

// Numbers reads several numbers of AppendNumbers.
func (r *Reader) Numbers(into ...*int64) {
	for _, n := range into {
		*n = r.Number()
	}
}

// Count reads how many things follow, which have at least size bytes each.
func (r *Reader) Count(size int) int {
	n := r.Uvarint()
	if n > uint64(len(r.Rest)/size) {
		r.Fail("count %d is more than the file holds", n)
	}
	if r.Err != nil {
		return 0
	}
	return int(n)
}

// Text reads a text of AppendString.
func (r *Reader) Text() string { return string(r.Bytes(r.Count(1))) }

// ID reads an id of AppendID.
func (r *Reader) ID() string {
	n := r.Uvarint()
	if n>>1 > uint64(len(r.Rest)) {
		r.Fail("cut off")
	}
	if r.Err != nil {
		return ""
	}
	data := r.Bytes(int(n >> 1))
	if n&1 == 1 {
		return hex.EncodeToString(data)
	}
	return string(data)
}

// Name reads a name of AppendName with the same like.
func (r *Reader) Name(like string) string {
	shared := r.Uvarint()
	if shared > uint64(len(like)) {
		r.Fail("a name shares %d bytes with a name of %d bytes", shared, len(like))
	}
	if r.Err != nil {
		return ""
	}
	name := like[:shared] + r.Text()
	if n := r.Uvarint(); n > 0 {
		id := uuid.UUID(r.Bytes(16))
		if n-1 > MaxName {
			r.Fail("a name of %d bytes is too long", n)
		}
		if r.Err != nil {
			return ""
		}
		name += id.String() + string(r.Bytes(int(n-1)))
	}
	if len(name) > MaxName {
		r.Fail("a name of %d bytes is too long", len(name))
		return ""
	}
	return name
}
