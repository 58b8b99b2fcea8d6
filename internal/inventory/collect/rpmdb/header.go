package rpmdb

import (
	"bytes"
	"encoding/binary"
	"slices"
)

// Package identifies the package of a header. Strings are empty if the header lacks the tag.
type Package struct {
	Name, Version, Release string
	Arch                   string
	// SourceRPM is the file name of the source package.
	SourceRPM string
	// Module is the label of the module stream it belongs to:
	// "nodejs:18:8060020230306170237:d63f516d".
	Module string
	// Epoch is valid if HasEpoch; a package without one sorts as with 0.
	Epoch    int
	HasEpoch bool
}

// Tags of a header (rpm's rpmtag.h).
const (
	tagName      = 1000
	tagVersion   = 1001
	tagRelease   = 1002
	tagEpoch     = 1003
	tagArch      = 1022
	tagSourceRPM = 1044
	tagModule    = 5096
)

// Types of a tag's data.
const (
	typeInt32      = 4
	typeString     = 6
	typeI18NString = 9
)

// maxText bounds a wanted text, in bytes. rpm itself accepts names of at most some hundred bytes,
// and a header could refer to one long text a million times.
const maxText = 4 << 10

// entrySize is the size of an entry of a header's index: tag, type, offset and
// count, 32 bits each.
const entrySize = 16

// ParseHeader parses a header blob: the numbers of index entries and data bytes, the index, the
// data; all numbers are big-endian. If a tag is repeated, the later one counts: rpm appends its
// changes after the signed region.
func ParseHeader(blob []byte) (Package, error) {
	var p Package
	err := eachTag(blob, func(_ uint32, entry, data []byte) error { return p.set(entry, data) })
	if err != nil {
		return p, err
	}
	if p.Name == "" || p.Version == "" || p.Release == "" {
		return p, damaged("package %q has no name, version or release", p.Name)
	}
	return p, nil
}

// eachTag calls use with every entry of the index, and all data.
func eachTag(blob []byte, use func(tag uint32, entry, data []byte) error) error {
	if len(blob) < 8 {
		return damaged("a header of %d bytes", len(blob))
	}
	count := int64(binary.BigEndian.Uint32(blob))
	size := int64(binary.BigEndian.Uint32(blob[4:]))
	body := blob[8:]
	if count*entrySize+size > int64(len(body)) {
		return damaged("a header of %d bytes claims %d tags and %d bytes of data", len(blob), count, size)
	}
	data := body[count*entrySize:][:size]
	for entry := range slices.Chunk(body[:count*entrySize], entrySize) {
		if err := use(binary.BigEndian.Uint32(entry), entry, data); err != nil {
			return err
		}
	}
	return nil
}

// set takes the value of one index entry, if it is wanted.
func (p *Package) set(entry, data []byte) error {
	tag := binary.BigEndian.Uint32(entry)
	if tag == tagEpoch {
		return p.setEpoch(entry, data)
	}
	field := p.text(tag)
	if field == nil {
		return nil
	}
	value, err := tagData(entry, data, typeString, typeI18NString)
	if err != nil {
		return err
	}
	end := bytes.IndexByte(value[:min(len(value), maxText+1)], 0)
	if end < 0 {
		return damaged("the text of tag %d does not end within %d bytes", tag, maxText)
	}
	*field = string(value[:end])
	return nil
}

// text returns the field for a tag's text, or nil.
func (p *Package) text(tag uint32) *string {
	switch tag {
	case tagName:
		return &p.Name
	case tagVersion:
		return &p.Version
	case tagRelease:
		return &p.Release
	case tagArch:
		return &p.Arch
	case tagSourceRPM:
		return &p.SourceRPM
	case tagModule:
		return &p.Module
	}
	return nil
}

// setEpoch takes the epoch.
func (p *Package) setEpoch(entry, data []byte) error {
	value, err := tagData(entry, data, typeInt32)
	if err != nil {
		return err
	}
	if len(value) < 4 {
		return damaged("the epoch is cut short")
	}
	p.Epoch, p.HasEpoch = int(int32(binary.BigEndian.Uint32(value))), true
	return nil
}

// tagData returns the data from an entry's offset on, if its type is one of types.
func tagData(entry, data []byte, types ...uint32) ([]byte, error) {
	tag := binary.BigEndian.Uint32(entry)
	kind := binary.BigEndian.Uint32(entry[4:])
	offset := binary.BigEndian.Uint32(entry[8:])
	if int64(offset) > int64(len(data)) {
		return nil, damaged("tag %d is beyond the end of the header", tag)
	}
	if !slices.Contains(types, kind) {
		return nil, damaged("tag %d is of type %d", tag, kind)
	}
	return data[offset:], nil
}
