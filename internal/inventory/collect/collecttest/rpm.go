package collecttest

import (
	"encoding/binary"
	"slices"
)

// RPMHeader makes the blob of a package in rpm's database, with texts by tag and an epoch.
func RPMHeader(texts map[uint32]string, epoch uint32) []byte {
	number := binary.BigEndian.AppendUint32
	var index, data []byte
	entry := func(tag, kind uint32) { index = number(number(number(number(index, tag), kind), uint32(len(data))), 1) }
	entry(1003, 4)
	data = number(data, epoch)
	for tag, text := range texts {
		entry(tag, 6)
		data = append(append(data, text...), 0)
	}
	return slices.Concat(number(number(nil, uint32(len(index)/16)), uint32(len(data))), index, data)
}

// MakeNDB writes an ndb file with the blobs.
func MakeNDB(blobs [][]byte) []byte {
	number := binary.LittleEndian.AppendUint32
	const pageSize = 4096
	pages := (32 + 16*len(blobs) + pageSize - 1) / pageSize
	page := append([]byte("RpmP"), make([]byte, 28)...)
	binary.LittleEndian.PutUint32(page[12:], uint32(pages))
	var content []byte
	for i, blob := range blobs {
		offset := uint32(pages*pageSize+len(content)) / 16
		page = number(number(number(append(page, "Slot"...), uint32(i+1)), offset), uint32(len(blob)/16+2))
		content = number(number(number(append(content, "BlbS"...), uint32(i+1)), 0), uint32(len(blob)))
		content = append(content, blob...)
		content = append(content, make([]byte, -len(content)&15)...)
	}
	for len(page) < pages*pageSize {
		page = append(append(page, "Slot"...), make([]byte, 12)...)
	}
	return append(page, content...)
}
