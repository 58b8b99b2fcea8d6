package plist

import (
	"encoding/binary"
	"math"
	"strconv"
	"time"
	"unicode/utf16"
)

// Kinds of objects in the binary form.
const (
	objectSimple = 0x0 // null, false, true
	objectInt    = 0x1
	objectReal   = 0x2
	objectDate   = 0x3
	objectData   = 0x4
	objectASCII  = 0x5
	objectUTF16  = 0x6
	objectList   = 0xa
	objectSet    = 0xc
	objectDict   = 0xd
)

// object is an object of a binary property list.
type object struct {
	kind byte
	n    int // members, bytes or characters; of an int or real the exponent of its size; else the low four bits
	at   int // where its content begins
}

// binaryList is a property list in Apple's binary form (CFBinaryPList.c): objects, a table of their offsets, and a
// trailer of 32 bytes that says where both are.
type binaryList struct {
	*writer
	data               []byte
	table              int // where the table of offsets begins
	count              int // objects
	offsetSize, number int // bytes of an offset, and of an object's number
	steps              int // members that were looked at
}

func (w *writer) parseBinary(data []byte) error {
	const trailer = 32
	if len(data) < 8+trailer {
		return errPlist
	}
	end := data[len(data)-trailer:]
	count, top := binary.BigEndian.Uint64(end[8:]), binary.BigEndian.Uint64(end[16:])
	table := binary.BigEndian.Uint64(end[24:])
	p := &binaryList{writer: w, data: data, offsetSize: int(end[6]), number: int(end[7])}
	limit := uint64(len(data))
	if p.offsetSize < 1 || p.offsetSize > 8 || p.number < 1 || p.number > 8 || count > limit || top >= count ||
		table > limit || count*uint64(p.offsetSize) > limit-table {
		return errPlist
	}
	p.table, p.count = int(table), int(count)
	if o, ok := p.object(int(top)); !ok || o.kind != objectDict || !p.walk(o, "", 0) {
		return errPlist
	}
	return nil
}

// integer reads a number that counts or points; -1 if it is not inside the file.
func (p *binaryList) integer(at, size int) int {
	n, ok := p.unsigned(at, size)
	if !ok || n > uint64(len(p.data)) {
		return -1
	}
	return int(n)
}

// unsigned reads a number of at most 8 bytes.
func (p *binaryList) unsigned(at, size int) (n uint64, ok bool) {
	if at < 0 || size < 0 || size > 8 || at > len(p.data) || size > len(p.data)-at {
		return 0, false
	}
	for _, b := range p.data[at : at+size] {
		n = n<<8 | uint64(b)
	}
	return n, true
}

// object returns an object by its number.
func (p *binaryList) object(number int) (o object, ok bool) {
	if number < 0 || number >= p.count {
		return o, false
	}
	at := p.integer(p.table+number*p.offsetSize, p.offsetSize)
	if at < 0 || at >= len(p.data) {
		return o, false
	}
	o = object{p.data[at] >> 4, int(p.data[at] & 0xf), at + 1}
	if o.n != 0xf || o.kind < objectData {
		return o, true
	}
	at++
	if at >= len(p.data) || p.data[at]>>4 != objectInt || p.data[at]&0xf > 3 { // the length follows as an integer
		return o, false
	}
	size := 1 << (p.data[at] & 0xf)
	o.n, o.at = p.integer(at+1, size), at+1+size
	return o, o.n >= 0
}

// walk adds the values in a dictionary or list.
func (p *binaryList) walk(o object, path string, depth int) bool {
	if depth >= maxDepth {
		return false
	}
	width := 1
	if o.kind == objectDict {
		width = 2
	}
	if o.n > maxValues || o.n*width*p.number > len(p.data)-o.at {
		return false
	}
	for i := range o.n {
		if p.steps++; p.steps > maxValues {
			return false
		}
		member, at := strconv.Itoa(i), o.at+i*p.number
		if o.kind == objectDict {
			key, found := p.object(p.integer(at, p.number))
			text, isText := p.text(key)
			if !found || !isText {
				continue
			}
			member, at = text, o.at+(o.n+i)*p.number
		}
		value, found := p.object(p.integer(at, p.number))
		if found && !p.value(value, join(path, member), depth+1) {
			return false
		}
	}
	return true
}

// value adds an object or its members; false: there are too many.
func (p *binaryList) value(o object, path string, depth int) bool {
	switch o.kind {
	case objectDict, objectList, objectSet:
		return p.walk(o, path, depth)
	case objectData:
		return p.add(path, Value{Data, "", depth})
	case objectASCII, objectUTF16:
		text, ok := p.text(o)
		return !ok || p.add(path, Value{Text, text, depth})
	}
	v, ok := p.scalar(o)
	v.Depth = depth
	return !ok || p.add(path, v)
}

// scalar returns a number, a date or a truth value.
func (p *binaryList) scalar(o object) (v Value, ok bool) {
	if o.kind == objectSimple {
		return Value{Kind: Truth, Text: strconv.Itoa(o.n & 1)}, o.n == 8 || o.n == 9
	}
	if o.n > 3 { // numbers of 16 bytes are no settings
		return v, false
	}
	bits, ok := p.unsigned(o.at, 1<<o.n)
	real := math.Float64frombits(bits)
	if o.n == 2 {
		real = float64(math.Float32frombits(uint32(bits)))
	}
	switch {
	case !ok:
	case o.kind == objectInt:
		return Value{Kind: Number, Text: strconv.FormatInt(int64(bits), 10)}, true // those of 8 bytes have a sign
	case o.kind == objectReal && o.n >= 2:
		return Value{Kind: Number, Text: strconv.FormatFloat(real, 'g', -1, 64)}, true
	case o.kind == objectDate && math.Abs(real) < 1e11:
		epoch := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
		return Value{Kind: Date, Text: time.Unix(epoch.Unix()+int64(real), 0).UTC().Format(time.RFC3339)}, true
	}
	return v, false
}

// text returns an object that is a text, in ASCII or UTF-16.
func (p *binaryList) text(o object) (string, bool) {
	switch {
	case o.kind == objectASCII && o.n <= len(p.data)-o.at:
		return string(p.data[o.at : o.at+o.n]), true
	case o.kind == objectUTF16 && o.n <= (len(p.data)-o.at)/2:
		units := make([]uint16, o.n)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(p.data[o.at+2*i:])
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}
