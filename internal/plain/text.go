package plain

import (
	"fmt"
	"io"
	"strings"
	"sync"
	"unicode/utf16"
	"unicode/utf8"

	"github.com/muster-project/muster/internal/inventory"
)

// Writer passes on lines of visible characters. All standard output, standard error and
// logs go through it.
type Writer struct {
	out io.Writer

	mu sync.Mutex
	// begun holds the first bytes of a character that is not complete yet.
	begun []byte
}

// NewWriter returns a Writer to a stream. The caller must flush it.
func NewWriter(out io.Writer) *Writer { return &Writer{out: out} }

// Write implements io.Writer.
func (w *Writer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	text := append(w.begun, p...)
	whole := len(text) - lenBegun(text)
	w.begun = append([]byte(nil), text[whole:]...)
	if whole > 0 {
		if _, err := io.WriteString(w.out, Text(string(text[:whole]))); err != nil {
			return 0, err
		}
	}
	return len(p), nil
}

// Flush writes the bytes of a character that was never completed.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.begun) > 0 {
		_, _ = io.WriteString(w.out, Text(string(w.begun))) // there is nowhere to report the error
	}
	w.begun = nil
}

// lenBegun returns how many bytes at the end may begin an incomplete character.
func lenBegun(text []byte) int {
	for n := 1; n < utf8.UTFMax && n <= len(text); n++ {
		if last := text[len(text)-n:]; utf8.RuneStart(last[0]) {
			if utf8.FullRune(last) {
				return 0
			}
			return n
		}
	}
	return 0
}

// Text escapes the invisible characters of lines; new lines and tabs stay.
func Text(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || inventory.IsVisible(r) })
}

// Inline is Text for a part of a line: it also escapes what would begin a new line or the
// next column.
func Inline(text string) string { return escape(text, inventory.IsVisible) }

// BeginsFormula reports whether a spreadsheet could take a value for a formula, by how it begins: also by characters of
// full width, which some read as the others, and by what they skip.
func BeginsFormula(text string) bool {
	first, _ := utf8.DecodeRuneInString(text)
	return text != "" && strings.ContainsRune("=+-@\t\r\n＝＋－＠", first)
}

// escape writes characters as JSON escapes, unless stays accepts them. Bytes that are not
// characters become U+FFFD, as in JSON.
func escape(text string, stays func(rune) bool) string {
	text = strings.ToValidUTF8(text, string(utf8.RuneError))
	if !strings.ContainsFunc(text, func(r rune) bool { return !stays(r) }) {
		return text
	}
	var b strings.Builder
	for _, r := range text {
		switch high, low := utf16.EncodeRune(r); {
		case stays(r):
			b.WriteRune(r)
		case r > 0xFFFF:
			fmt.Fprintf(&b, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&b, `\u%04x`, r)
		}
	}
	return b.String()
}
