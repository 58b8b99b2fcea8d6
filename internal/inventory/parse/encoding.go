package parse

import (
	"bufio"
	"bytes"
	"io"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// UTF8 returns a document in UTF-8, without a byte order mark. Windows PowerShell writes what its ">"
// redirects in UTF-16 with a mark; without a mark, UTF-16 is recognized by the first character, which
// is ASCII in JSON and XML (RFC 4627, section 3). Other texts are returned as they are, in the same
// memory; halves of surrogate pairs become U+FFFD.
func UTF8(text []byte) ([]byte, error) {
	decoder := decoderOf(text)
	if decoder == nil {
		return bytes.TrimPrefix(text, mark), nil
	}
	decoded, _, err := transform.Bytes(decoder, text)
	if err != nil {
		return nil, Invalid("", "the text is not UTF-16: %v", err)
	}
	return decoded, nil
}

// UTF8Reader reads a document like UTF8.
func UTF8Reader(r io.Reader) io.Reader {
	buffered := bufio.NewReader(r)
	head, err := buffered.Peek(len(mark))
	if err != nil && err != io.EOF {
		return failing{err}
	}
	if decoder := decoderOf(head); decoder != nil {
		return transform.NewReader(buffered, decoder)
	}
	if bytes.Equal(head, mark) {
		_, _ = buffered.Discard(len(mark)) // it was peeked
	}
	return buffered
}

// failing is a reader whose first bytes could not be read.
type failing struct{ err error }

// Read implements io.Reader.
func (f failing) Read([]byte) (int, error) { return 0, f.err }

// mark is the byte order mark in UTF-8.
var mark = []byte("\uFEFF")

// decoderOf returns the decoder of a document in UTF-16 by its first bytes; nil if it is in none.
func decoderOf(head []byte) *encoding.Decoder {
	order, policy := unicode.LittleEndian, unicode.UseBOM
	switch {
	case len(head) < 2:
		return nil
	case head[0] == 0xff && head[1] == 0xfe:
	case head[0] == 0xfe && head[1] == 0xff:
	case head[0] != 0 && head[0] < 0x80 && head[1] == 0:
		policy = unicode.IgnoreBOM
	case head[0] == 0 && head[1] != 0 && head[1] < 0x80:
		order, policy = unicode.BigEndian, unicode.IgnoreBOM
	default:
		return nil
	}
	return unicode.UTF16(order, policy).NewDecoder()
}
