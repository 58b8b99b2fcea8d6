package parse

import (
	"io"
	"unicode/utf8"
)

// westerns are the characters of Windows' Western code page, 1252, from 80 to 9F (hexadecimal), in which it differs
// from Latin 1.
var westerns = [32]rune{'€', 0x81, '‚', 'ƒ', '„', '…', '†', '‡', 'ˆ', '‰', 'Š', '‹', 'Œ', 0x8d, 'Ž', 0x8f,
	0x90, '‘', '’', '“', '”', '•', '–', '—', '˜', '™', 'š', '›', 'œ', 0x9d, 'ž', 'Ÿ'}

// Western decodes a text in Windows' Western code page. Package charmap of golang.org/x/text has a hundred kilobytes
// of other code pages, which every program would carry.
func Western(text []byte) []byte {
	decoded := make([]byte, 0, len(text)+len(text)/8)
	for _, b := range text {
		r := rune(b)
		if 0x80 <= b && b < 0xa0 {
			r = westerns[b-0x80]
		}
		decoded = utf8.AppendRune(decoded, r)
	}
	return decoded
}

// WesternReader decodes what it reads as Western does.
func WesternReader(r io.Reader) io.Reader { return &westernReader{in: r} }

type westernReader struct {
	in   io.Reader
	read [4 << 10]byte
	left []byte // decoded and not read yet
	err  error
}

func (w *westernReader) Read(p []byte) (int, error) {
	for len(w.left) == 0 && w.err == nil {
		var n int
		n, w.err = w.in.Read(w.read[:])
		w.left = Western(w.read[:n])
	}
	if len(w.left) == 0 {
		return 0, w.err
	}
	n := copy(p, w.left)
	w.left = w.left[n:]
	return n, nil
}
