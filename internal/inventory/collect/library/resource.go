package library

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"unicode/utf16"
)

// Limits of a file in the Portable Executable format.
const (
	maxSections = 96       // the format's own limit for images
	maxEntries  = 4096     // of a folder of resources
	maxVersion  = 64 << 10 // bytes of a version resource: its length is a 16-bit number
	maxBlocks   = 1000     // blocks of a version resource
)

var (
	errNoExecutable = errors.New("not a portable executable")
	errNoVersion    = errors.New("no version resource")
	errVersion      = errors.New("damaged version resource")
)

// Version is what the version resource of a file says.
type Version struct {
	// Number is the file's version in numbers: "3.0.13.0".
	Number string
	// Texts are the strings of the resource, such as ProductVersion and CompanyName.
	Texts map[string]string
}

// ReadVersion reads the version resource of a file in the Portable Executable format (Microsoft, "PE Format",
// "VS_VERSIONINFO structure"). It reads headers and the resource, wherever they are, and no more.
func ReadVersion(file io.ReaderAt) (Version, error) {
	image, err := readImage(file)
	if err != nil {
		return Version{}, err
	}
	data, err := image.versionResource()
	if err != nil {
		return Version{}, err
	}
	return parseVersion(data)
}

// image is an executable with its sections.
type image struct {
	file      io.ReaderAt
	sections  []section
	resources uint32 // the address of the folder of resources
}

type section struct{ address, size, offset uint32 }

// readImage reads the headers.
func readImage(file io.ReaderAt) (*image, error) {
	r := &reader{file: file}
	dos := r.bytes(0, 64)
	if r.err != nil || string(dos[:2]) != "MZ" {
		return nil, errNoExecutable
	}
	start := int64(binary.LittleEndian.Uint32(dos[60:]))
	header := r.bytes(start, 24) // the signature, and the COFF header
	if r.err != nil || string(header[:4]) != "PE\x00\x00" {
		return nil, errNoExecutable
	}
	count := int(binary.LittleEndian.Uint16(header[6:]))
	length := int(binary.LittleEndian.Uint16(header[20:]))
	optional := r.bytes(start+24, length)
	if r.err != nil || length < 2 || count > maxSections {
		return nil, errNoExecutable
	}
	directories := 96 // where the data directories begin
	switch binary.LittleEndian.Uint16(optional) {
	case 0x10b: // 32 bits
	case 0x20b: // 64 bits
		directories = 112
	default:
		return nil, errNoExecutable
	}
	const resourceDirectory = 2
	at := directories + 8*resourceDirectory
	if length < at+8 || binary.LittleEndian.Uint32(optional[directories-4:]) <= resourceDirectory {
		return nil, errNoVersion
	}
	found := &image{file: file, resources: binary.LittleEndian.Uint32(optional[at:])}
	if found.resources == 0 {
		return nil, errNoVersion
	}
	table := r.bytes(start+24+int64(length), 40*count)
	if r.err != nil {
		return nil, errNoExecutable
	}
	for ; len(table) > 0; table = table[40:] {
		found.sections = append(found.sections, section{address: binary.LittleEndian.Uint32(table[12:]),
			size: binary.LittleEndian.Uint32(table[16:]), offset: binary.LittleEndian.Uint32(table[20:])})
	}
	return found, nil
}

// at reads bytes at an address of the loaded image.
func (m *image) at(address uint32, n int) ([]byte, error) {
	for _, s := range m.sections {
		if address < s.address || address-s.address >= s.size || uint32(n) > s.size-(address-s.address) {
			continue
		}
		r := &reader{file: m.file}
		data := r.bytes(int64(s.offset)+int64(address-s.address), n)
		return data, r.err
	}
	return nil, errVersion
}

// versionResource returns the first resource of the kind "version": a tree of three levels leads to it, by kind,
// name and language.
func (m *image) versionResource() ([]byte, error) {
	const kindVersion = 16
	offset := uint32(0)
	for level := range 3 {
		header, err := m.at(m.resources+offset, 16)
		if err != nil {
			return nil, err
		}
		named, numbered := int(binary.LittleEndian.Uint16(header[12:])), int(binary.LittleEndian.Uint16(header[14:]))
		if named+numbered > maxEntries {
			return nil, errVersion
		}
		entries, err := m.at(m.resources+offset+16, 8*(named+numbered))
		if err != nil {
			return nil, err
		}
		next, found := uint32(0), false
		for i := 0; i < len(entries) && !found; i += 8 {
			if level > 0 || binary.LittleEndian.Uint32(entries[i:]) == kindVersion {
				next, found = binary.LittleEndian.Uint32(entries[i+4:]), true
			}
		}
		const folder = 1 << 31
		if !found {
			return nil, errNoVersion
		}
		if isFolder := next&folder != 0; isFolder != (level < 2) {
			return nil, errVersion
		}
		offset = next &^ folder
	}
	entry, err := m.at(m.resources+offset, 16)
	if err != nil {
		return nil, err
	}
	size := binary.LittleEndian.Uint32(entry[4:])
	if size > maxVersion {
		return nil, errVersion
	}
	return m.at(binary.LittleEndian.Uint32(entry), int(size))
}

// reader reads parts of a file, and remembers the first error.
type reader struct {
	file io.ReaderAt
	err  error
}

func (r *reader) bytes(offset int64, n int) []byte {
	data := make([]byte, n)
	if r.err == nil {
		_, r.err = r.file.ReadAt(data, offset)
		if errors.Is(r.err, io.EOF) && n == 0 {
			r.err = nil
		}
	}
	return data
}

// block is a part of a version resource: a key, a value and blocks below it.
type block struct {
	key      string
	value    []byte
	text     bool // the value is text
	children []byte
}

// nextBlock splits a block off. Lengths are in bytes; that of a text is in units of UTF-16. Values and blocks begin
// at multiples of four.
func nextBlock(data []byte) (b block, rest []byte, err error) {
	if len(data) < 6 {
		return block{}, nil, errVersion
	}
	length := int(binary.LittleEndian.Uint16(data))
	size := int(binary.LittleEndian.Uint16(data[2:]))
	b.text = binary.LittleEndian.Uint16(data[4:]) == 1
	if length < 6 || length > len(data) {
		return block{}, nil, errVersion
	}
	whole := data[:length]
	end := 6
	for ; end+1 < len(whole) && (whole[end] != 0 || whole[end+1] != 0); end += 2 {
	}
	b.key = text(whole[6:min(end, len(whole))])
	if b.text {
		size *= 2
	}
	begin := aligned(end + 2)
	if begin < len(whole) {
		b.value = whole[begin:min(begin+size, len(whole))]
		if next := aligned(begin + size); next < len(whole) {
			b.children = whole[next:]
		}
	}
	return b, data[min(aligned(length), len(data)):], nil
}

func aligned(n int) int { return (n + 3) &^ 3 }

// text decodes UTF-16 up to a zero.
func text(data []byte) string {
	units := make([]uint16, 0, len(data)/2)
	for ; len(data) > 1 && (data[0] != 0 || data[1] != 0); data = data[2:] {
		units = append(units, binary.LittleEndian.Uint16(data))
	}
	return string(utf16.Decode(units))
}

// parseVersion parses a version resource: numbers, and below StringFileInfo tables of strings by language.
func parseVersion(data []byte) (Version, error) {
	whole, _, err := nextBlock(data)
	if err != nil || whole.key != "VS_VERSION_INFO" {
		return Version{}, errVersion
	}
	v := Version{Texts: map[string]string{}}
	if signature := []byte{0xbd, 0x04, 0xef, 0xfe}; len(whole.value) >= 16 && bytes.HasPrefix(whole.value, signature) {
		high, low := binary.LittleEndian.Uint32(whole.value[8:]), binary.LittleEndian.Uint32(whole.value[12:])
		v.Number = fmt.Sprintf("%d.%d.%d.%d", high>>16, high&0xffff, low>>16, low&0xffff)
	}
	left := maxBlocks
	err = blocks(whole.children, &left, func(info block) error {
		if info.key != "StringFileInfo" {
			return nil
		}
		return blocks(info.children, &left, func(table block) error {
			return blocks(table.children, &left, func(s block) error {
				if v.Texts[s.key] == "" && s.text {
					v.Texts[s.key] = text(s.value)
				}
				return nil
			})
		})
	})
	return v, err
}

// blocks calls use for one block after the other.
func blocks(data []byte, left *int, use func(block) error) error {
	for len(data) >= 6 {
		b, rest, err := nextBlock(data)
		if *left--; err == nil && *left < 0 {
			err = errVersion
		}
		if err == nil {
			err = use(b)
		}
		if err != nil {
			return err
		}
		data = rest
	}
	return nil
}
