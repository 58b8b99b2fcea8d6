package macos

import (
	"bytes"
	"encoding/binary"
	"errors"
	"strings"
	"unicode/utf16"
)

// errPlist says that a file is not a property list with a dictionary at its top.
var errPlist = errors.New("not a property list with a dictionary")

// maxPairs bounds the members of a dictionary.
const maxPairs = 10_000

// parsePlist returns the strings in the dictionary at the top of a property list, binary or XML. Members of other
// kinds are left out.
func parsePlist(data []byte) (map[string]string, error) {
	if bytes.HasPrefix(data, []byte("bplist0")) {
		return parseBinary(data)
	}
	return parseXML(string(data))
}

// binaryPlist is a property list in Apple's binary form (CFBinaryPList.c): objects, a table of their offsets, and a
// trailer of 32 bytes that says where both are.
type binaryPlist struct {
	data               []byte
	table              int // where the table of offsets begins
	count              int // objects
	offsetSize, number int // bytes of an offset, and of an object's number
}

func parseBinary(data []byte) (map[string]string, error) {
	const trailer = 32
	if len(data) < 8+trailer {
		return nil, errPlist
	}
	end := data[len(data)-trailer:]
	count, top := binary.BigEndian.Uint64(end[8:]), binary.BigEndian.Uint64(end[16:])
	table := binary.BigEndian.Uint64(end[24:])
	p := &binaryPlist{data: data, offsetSize: int(end[6]), number: int(end[7])}
	limit := uint64(len(data))
	if p.offsetSize < 1 || p.offsetSize > 8 || p.number < 1 || p.number > 8 || count > limit || top >= count ||
		table > limit || count*uint64(p.offsetSize) > limit-table {
		return nil, errPlist
	}
	p.table, p.count = int(table), int(count)
	kind, n, at, ok := p.object(int(top))
	if !ok || kind != 0xd || n > maxPairs || n*2*p.number > len(data)-at {
		return nil, errPlist
	}
	values := map[string]string{}
	for i := range n {
		key, isKey := p.text(p.integer(at+i*p.number, p.number))
		value, isText := p.text(p.integer(at+(n+i)*p.number, p.number))
		if isKey && isText {
			values[key] = value
		}
	}
	return values, nil
}

// integer reads a number; -1 if it is not inside the file.
func (p *binaryPlist) integer(at, size int) int {
	if at < 0 || size < 0 || at > len(p.data) || size > len(p.data)-at {
		return -1
	}
	n := uint64(0)
	for _, b := range p.data[at : at+size] {
		n = n<<8 | uint64(b)
	}
	if n > uint64(len(p.data)) {
		return -1
	}
	return int(n)
}

// object returns an object's kind, its length, and where its content begins.
func (p *binaryPlist) object(number int) (kind byte, n, at int, ok bool) {
	if number < 0 || number >= p.count {
		return 0, 0, 0, false
	}
	at = p.integer(p.table+number*p.offsetSize, p.offsetSize)
	if at < 0 || at >= len(p.data) {
		return 0, 0, 0, false
	}
	kind, n = p.data[at]>>4, int(p.data[at]&0xf)
	if at++; n != 0xf {
		return kind, n, at, true
	}
	if at >= len(p.data) || p.data[at]>>4 != 1 || p.data[at]&0xf > 3 { // the length follows as an integer
		return 0, 0, 0, false
	}
	size := 1 << (p.data[at] & 0xf)
	n = p.integer(at+1, size)
	return kind, n, at + 1 + size, n >= 0
}

// text returns an object that is a string, in ASCII or UTF-16.
func (p *binaryPlist) text(number int) (string, bool) {
	kind, n, at, ok := p.object(number)
	switch {
	case !ok:
		return "", false
	case kind == 5 && n <= len(p.data)-at:
		return string(p.data[at : at+n]), true
	case kind == 6 && n <= (len(p.data)-at)/2:
		units := make([]uint16, n)
		for i := range units {
			units[i] = binary.BigEndian.Uint16(p.data[at+2*i:])
		}
		return string(utf16.Decode(units)), true
	}
	return "", false
}

// unescape replaces the entities that XML itself has.
var unescape = strings.NewReplacer("&lt;", "<", "&gt;", ">", "&quot;", `"`, "&apos;", "'", "&amp;", "&")

// parseXML reads the tags of a property list in XML one after the other. It knows what Apple's own documents have:
// elements without attributes that matter, entities, comments.
func parseXML(text string) (map[string]string, error) {
	values, depth, key := map[string]string{}, 0, ""
	for {
		tag, content, rest, ok := nextTag(text)
		if !ok {
			return nil, errPlist
		}
		text = rest
		switch {
		case tag == "dict" || tag == "array":
			depth++
		case tag == "/dict" || tag == "/array":
			if depth--; depth <= 0 {
				return values, nil
			}
			key = ""
		case depth != 1:
		case tag == "key":
			key = unescape.Replace(content)
		case tag == "string" && key != "":
			if values[key] = unescape.Replace(content); len(values) > maxPairs {
				return nil, errPlist
			}
			key = ""
		case tag[0] != '/':
			key = "" // a value of another kind
		}
	}
}

// nextTag returns the next tag with the text up to the following one. Comments, instructions and declarations are
// skipped.
func nextTag(text string) (tag, content, rest string, ok bool) {
	for {
		_, text, ok = strings.Cut(text, "<")
		if !ok || text == "" {
			return "", "", "", false
		}
		if comment, isComment := strings.CutPrefix(text, "!--"); isComment {
			if _, text, ok = strings.Cut(comment, "-->"); !ok {
				return "", "", "", false
			}
			continue
		}
		tag, text, ok = strings.Cut(text, ">")
		if !ok {
			return "", "", "", false
		}
		if tag = strings.TrimSpace(tag); tag != "" && tag[0] != '?' && tag[0] != '!' {
			break
		}
	}
	if end := strings.IndexByte(text, '<'); end >= 0 {
		return tag, text[:end], text[end:], true
	}
	return tag, text, "", true
}
