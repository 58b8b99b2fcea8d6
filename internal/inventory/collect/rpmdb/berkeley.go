package rpmdb

import (
	"encoding/binary"
	"io"
	"iter"
	"math/bits"
)

// The Berkeley DB container, a hash: pages of one size, the first of which describes it. Hash
// pages contain pairs of keys and values; a header blob is a value in a chain of overflow pages.
// Numbers have the byte order of the machine that made it.
const (
	bdbMagic      = 0x061561 // of a hash
	bdbMetaSize   = 72
	bdbPageHeader = 26
	bdbValueSize  = 12 // of a value in overflow pages: type, page, length

	bdbHashUnsorted = 2 // page types
	bdbOverflow     = 7
	bdbHashMeta     = 8
	bdbHash         = 13

	bdbElsewhere = 3 // type of a value in overflow pages
)

// Berkeley yields the header blobs of a Berkeley DB file. An error ends the sequence: it wraps
// ErrDamaged or the error of a read.
func Berkeley(file *io.SectionReader) iter.Seq2[[]byte, error] {
	return blobs(file, func(c *container, yield yielder) error {
		db := &berkeley{container: c}
		pages, err := db.open()
		if err != nil {
			return err
		}
		return db.read(pages, yield)
	})
}

// berkeley is a Berkeley DB file that is being read.
type berkeley struct {
	*container
	order    binary.ByteOrder
	pageSize int64
	unread   int64 // overflow pages not read yet: each belongs to one chain
}

// open reads the first page and returns the number of pages.
func (db *berkeley) open() (int64, error) {
	meta, err := db.at(0, bdbMetaSize)
	if err != nil {
		return 0, err
	}
	switch uint32(bdbMagic) {
	case binary.LittleEndian.Uint32(meta[12:]):
		db.order = binary.LittleEndian
	case binary.BigEndian.Uint32(meta[12:]):
		db.order = binary.BigEndian
	default:
		return 0, damaged("not a Berkeley DB hash")
	}
	size := db.order.Uint32(meta[20:])
	if bits.OnesCount32(size) != 1 || size < 512 || size > 64<<10 {
		return 0, damaged("pages of %d bytes", size)
	}
	if meta[24] != 0 || meta[25] != bdbHashMeta {
		return 0, damaged("it is encrypted (%d) or its first page is of type %d", meta[24], meta[25])
	}
	db.pageSize = int64(size)
	db.unread = db.Size() / db.pageSize
	return int64(db.order.Uint32(meta[32:])) + 1, nil
}

// read yields the blobs of all hash pages.
func (db *berkeley) read(pages int64, yield yielder) error {
	for number := int64(1); number < pages; number++ {
		page, err := db.page(number)
		if err != nil {
			return err
		}
		if kind := page[25]; kind != bdbHash && kind != bdbHashUnsorted {
			continue
		}
		more, err := db.values(page, yield)
		if err != nil || !more {
			return err
		}
	}
	return nil
}

// page reads a page by its number.
func (db *berkeley) page(number int64) ([]byte, error) {
	return db.at(number*db.pageSize, db.pageSize)
}

// values yields the blobs of a hash page: its header is followed by the offsets of keys and values
// in turn. A value inside the page is not a header blob.
func (db *berkeley) values(page []byte, yield yielder) (more bool, err error) {
	entries := int(db.order.Uint16(page[20:]))
	if entries%2 != 0 || bdbPageHeader+2*entries > len(page) {
		return false, damaged("a hash page has %d entries", entries)
	}
	for i := 1; i < entries; i += 2 {
		offset := int(db.order.Uint16(page[bdbPageHeader+2*i:]))
		if offset >= len(page) || page[offset] != bdbElsewhere {
			continue
		}
		if offset+bdbValueSize > len(page) {
			return false, damaged("a value is beyond the end of its page")
		}
		blob, err := db.overflow(page[offset:])
		if err != nil || !yield(blob, nil) {
			return false, err
		}
	}
	return true, nil
}

// overflow reads a value from its chain of pages.
func (db *berkeley) overflow(value []byte) ([]byte, error) {
	next, size := int64(db.order.Uint32(value[4:])), int64(db.order.Uint32(value[8:]))
	if err := db.take(size); err != nil {
		return nil, err
	}
	var blob []byte
	for int64(len(blob)) < size {
		if db.unread--; db.unread < 0 {
			return nil, damaged("its pages form a cycle")
		}
		page, err := db.page(next)
		if err != nil {
			return nil, err
		}
		used := int(db.order.Uint16(page[22:]))
		if page[25] != bdbOverflow || used == 0 || bdbPageHeader+used > len(page) {
			return nil, damaged("page %d is not an overflow page: type %d with %d bytes", next, page[25], used)
		}
		blob = append(blob, page[bdbPageHeader:][:used]...)
		next = int64(db.order.Uint32(page[16:]))
	}
	return blob[:size], nil
}
