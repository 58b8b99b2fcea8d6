package rpmdb

import (
	"encoding/binary"
	"io"
	"iter"
	"slices"
)

// The ndb container: pages of 4096 bytes with slots of 16 bytes, the first two of which are the
// header; then blobs at multiples of 16 bytes, each after a header of 16 bytes. Numbers are
// little-endian.
const (
	ndbMagic     = "RpmP"
	ndbSlotMagic = "Slot"
	ndbBlobMagic = "BlbS"
	ndbPage      = 4096
	ndbBlock     = 16
	ndbMaxPages  = 2048 // of slots: half a million packages
)

// NDB yields the header blobs of an ndb file. An error ends the sequence: it wraps ErrDamaged or
// the error of a read.
func NDB(file *io.SectionReader) iter.Seq2[[]byte, error] {
	return blobs(file, (*container).ndb)
}

func (c *container) ndb(yield yielder) error {
	head, err := c.at(0, 2*ndbBlock)
	if err != nil {
		return err
	}
	version, pages := binary.LittleEndian.Uint32(head[4:]), binary.LittleEndian.Uint32(head[12:])
	if string(head[:4]) != ndbMagic || version != 0 || pages == 0 || pages > ndbMaxPages {
		return damaged("not an ndb file of version 0 with at most %d pages", ndbMaxPages)
	}
	slots, err := c.at(2*ndbBlock, int64(pages)*ndbPage-2*ndbBlock)
	if err != nil {
		return err
	}
	for slot := range slices.Chunk(slots, ndbBlock) {
		if string(slot[:4]) != ndbSlotMagic {
			return damaged("a slot begins with %q", slot[:4])
		}
		if binary.LittleEndian.Uint32(slot[4:]) == 0 {
			continue // free
		}
		blob, err := c.ndbBlob(slot)
		if err != nil || !yield(blob, nil) {
			return err
		}
	}
	return nil
}

// ndbBlob reads the blob of a slot.
func (c *container) ndbBlob(slot []byte) ([]byte, error) {
	offset := int64(binary.LittleEndian.Uint32(slot[8:])) * ndbBlock
	head, err := c.at(offset, ndbBlock)
	if err != nil {
		return nil, err
	}
	if string(head[:4]) != ndbBlobMagic || string(head[4:8]) != string(slot[4:8]) {
		return nil, damaged("no blob of package %d at %d", binary.LittleEndian.Uint32(slot[4:]), offset)
	}
	size := int64(binary.LittleEndian.Uint32(head[12:]))
	if err := c.take(size); err != nil {
		return nil, err
	}
	return c.at(offset+ndbBlock, size)
}
