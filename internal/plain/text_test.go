package plain_test

import (
	"bytes"
	"io"
	"regexp"
	"testing"

	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/plain/plaintest"
	"pgregory.net/rapid"
)

// A character may come in two writes, or never be completed.
func TestTextInPiecesIsTheSameText(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		text := rapid.OneOf(rapid.Map(rapid.SliceOf(rapid.Byte()), func(b []byte) string { return string(b) }),
			plaintest.Text()).Draw(r, "text")
		var out, whole bytes.Buffer
		w := plain.NewWriter(&out)
		for rest := text; rest != ""; {
			n := rapid.IntRange(1, len(rest)).Draw(r, "piece")
			if _, err := io.WriteString(w, rest[:n]); err != nil {
				r.Fatal(err)
			}
			rest = rest[n:]
		}
		w.Flush()
		one := plain.NewWriter(&whole)
		_, _ = io.WriteString(one, text)
		one.Flush()
		// The number of U+FFFD for invalid bytes may differ.
		folded := func(b *bytes.Buffer) string {
			return regexp.MustCompile("\uFFFD+").ReplaceAllString(b.String(), "\uFFFD")
		}
		if folded(&out) != folded(&whole) {
			r.Fatalf("%q became %q, want %q", text, &out, &whole)
		}
		if bad := plaintest.Steers(out.String()); bad != "" {
			r.Fatalf("%q is printed as %q", text, &out)
		}
	})
}
