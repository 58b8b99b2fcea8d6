package column

import (
	"bufio"
	"encoding/binary"
)

// Visitor reads or writes the parts of a file, in the order of the calls. Reading and writing
// share one list of parts, so they cannot differ.
type Visitor interface {
	Text(*string)
	Number(*uint32)
	Numbers(*[]uint32)
	Bytes(*[]byte)
	Longs(*[]uint64)
}

// Int visits a number that is stored in an int.
func Int(v Visitor, field *int) {
	number := uint32(*field)
	v.Number(&number)
	*field = int(number)
}

// writer is the visitor that writes. It keeps the first error.
type writer struct {
	out *bufio.Writer
	err error
}

func (w *writer) write(data []byte) {
	if w.err == nil {
		_, w.err = w.out.Write(data)
	}
}

// Number writes a number.
func (w *writer) Number(n *uint32) {
	var data [4]byte
	binary.LittleEndian.PutUint32(data[:], *n)
	w.write(data[:])
}

func (w *writer) length(n int) {
	length := uint32(n)
	w.Number(&length)
}

// Text writes a text.
func (w *writer) Text(s *string) {
	w.length(len(*s))
	if w.err == nil {
		_, w.err = w.out.WriteString(*s)
	}
}

// Bytes writes a column of bytes.
func (w *writer) Bytes(column *[]byte) {
	w.length(len(*column))
	w.write(*column)
}

// piece is how many numbers are encoded at once.
const piece = 1024

// Numbers writes a column of numbers.
func (w *writer) Numbers(column *[]uint32) {
	w.length(len(*column))
	var data [4 * piece]byte
	for rest := *column; len(rest) > 0; {
		n := min(piece, len(rest))
		for i, number := range rest[:n] {
			binary.LittleEndian.PutUint32(data[4*i:], number)
		}
		w.write(data[:4*n])
		rest = rest[n:]
	}
}

// Longs writes a column of long numbers.
func (w *writer) Longs(column *[]uint64) {
	w.length(len(*column))
	var data [8 * piece]byte
	for rest := *column; len(rest) > 0; {
		n := min(piece, len(rest))
		for i, number := range rest[:n] {
			binary.LittleEndian.PutUint64(data[8*i:], number)
		}
		w.write(data[:8*n])
		rest = rest[n:]
	}
}

// reader is the visitor that reads. It allocates nothing beyond the bytes that exist.
type reader struct {
	rest  []byte
	short bool
}

// take returns the next n elements of a size, or nothing if there are fewer.
func (r *reader) take(n, size int) []byte {
	if r.short || n > len(r.rest)/size {
		r.short, r.rest = true, nil
		return nil
	}
	part := r.rest[:n*size]
	r.rest = r.rest[n*size:]
	return part
}

// Number reads a number.
func (r *reader) Number(n *uint32) {
	if part := r.take(1, 4); part != nil {
		*n = binary.LittleEndian.Uint32(part)
	}
}

func (r *reader) length() int {
	var n uint32
	r.Number(&n)
	return int(n)
}

// Text reads a text.
func (r *reader) Text(s *string) { *s = string(r.take(r.length(), 1)) }

// Bytes reads a column of bytes.
func (r *reader) Bytes(column *[]byte) {
	*column = append([]byte(nil), r.take(r.length(), 1)...)
}

// Numbers reads a column of numbers.
func (r *reader) Numbers(column *[]uint32) {
	part := r.take(r.length(), 4)
	*column = make([]uint32, len(part)/4)
	for i := range *column {
		(*column)[i] = binary.LittleEndian.Uint32(part[4*i:])
	}
}

// Longs reads a column of long numbers.
func (r *reader) Longs(column *[]uint64) {
	part := r.take(r.length(), 8)
	*column = make([]uint64, len(part)/8)
	for i := range *column {
		(*column)[i] = binary.LittleEndian.Uint64(part[8*i:])
	}
}
