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

// Writer passes on lines of characters that can be seen. It is the one way to
// standard output, standard error and logs.
type Writer struct {
	out io.Writer

	mu sync.Mutex
	// begun is the first bytes of a character whose rest is still to come.
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

// Flush writes what is left of a character that was never completed.
func (w *Writer) Flush() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if len(w.begun) > 0 {
		_, _ = io.WriteString(w.out, Text(string(w.begun))) // there is nowhere to say that it cannot be written
	}
	w.begun = nil
}

// lenBegun is how many bytes at the end may be the beginning of a character.
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

// Text makes the characters of lines visible that are not; new lines and tabs
// stay.
func Text(text string) string {
	return escape(text, func(r rune) bool { return r == '\n' || r == '\t' || inventory.IsVisible(r) })
}

// Inline is Text for a part of a line: nothing in it begins a new one, or the
// next column.
func Inline(text string) string { return escape(text, inventory.IsVisible) }

// escape writes as JSON escapes them the characters that may not stay; bytes that
// are no characters become U+FFFD, as in JSON.
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
