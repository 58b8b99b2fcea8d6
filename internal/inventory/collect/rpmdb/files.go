package rpmdb

import (
	"bytes"
	"encoding/binary"
)

// Tags of the lists of files (rpm's rpmtag.h): each file has a base name, and the number of its folder. Packages of rpm
// before 4 have whole names.
const (
	tagOldFilenames = 1027
	tagDirIndexes   = 1116
	tagBaseNames    = 1117
	tagDirNames     = 1118
	typeStringArray = 8
)

// maxFiles bounds the files of a package. A Linux kernel with its sources has about 100,000.
const maxFiles = 2_000_000

// EachFile calls use with the name of every file of the package of a header blob.
func EachFile(blob []byte, use func(name string)) error {
	var folders, bases, whole [][]byte
	var numbers []byte
	err := eachTag(blob, func(tag uint32, entry, data []byte) (err error) {
		switch tag {
		case tagDirNames:
			folders, err = texts(entry, data)
		case tagBaseNames:
			bases, err = texts(entry, data)
		case tagOldFilenames:
			whole, err = texts(entry, data)
		case tagDirIndexes:
			numbers, err = tagData(entry, data, typeInt32)
		}
		return err
	})
	if err != nil {
		return err
	}
	for _, name := range whole {
		use(string(name))
	}
	if len(numbers) < 4*len(bases) {
		return damaged("%d files, and folders of %d", len(bases), len(numbers)/4)
	}
	for i, base := range bases {
		number := binary.BigEndian.Uint32(numbers[4*i:])
		if int64(number) >= int64(len(folders)) {
			return damaged("a file is in folder %d of %d", number, len(folders))
		}
		use(string(folders[number]) + string(base))
	}
	return nil
}

// texts returns the texts of an entry that has a list of them.
func texts(entry, data []byte) ([][]byte, error) {
	value, err := tagData(entry, data, typeStringArray)
	if err != nil {
		return nil, err
	}
	count := binary.BigEndian.Uint32(entry[12:])
	if count > maxFiles || int64(count) > int64(len(value)) {
		return nil, damaged("a list of %d texts", count)
	}
	list := make([][]byte, 0, count)
	for range count {
		end := bytes.IndexByte(value[:min(len(value), maxText+1)], 0)
		if end < 0 {
			return nil, damaged("the name of a file does not end within %d bytes", maxText)
		}
		list, value = append(list, value[:end]), value[end+1:]
	}
	return list, nil
}
