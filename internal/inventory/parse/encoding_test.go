package parse_test

import (
	"encoding/binary"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"unicode/utf16"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/parse"
)

// encoded writes a text in an encoding.
func encoded(text, encoding string) []byte {
	name, marked := strings.CutSuffix(encoding, " with a mark")
	if marked {
		text = "\uFEFF" + text
	}
	if name == "UTF-8" {
		return []byte(text)
	}
	var order binary.AppendByteOrder = binary.LittleEndian
	if name == "UTF-16BE" {
		order = binary.BigEndian
	}
	var data []byte
	for _, unit := range utf16.Encode([]rune(text)) {
		data = order.AppendUint16(data, unit)
	}
	return data
}

// TestUTF8: a document is the same in every encoding, whole and as a stream of any pieces.
func TestUTF8(t *testing.T) {
	encodings := []string{
		"UTF-8", "UTF-8 with a mark", "UTF-16LE", "UTF-16LE with a mark", "UTF-16BE", "UTF-16BE with a mark",
	}
	rapid.Check(t, func(t *rapid.T) {
		body := rapid.SliceOfN(rapid.SampledFrom([]rune("ab\" {}é€漢🎈\n")), 0, 40).Draw(t, "body")
		text := rapid.SampledFrom([]string{"{", "<", `{"a":`}).Draw(t, "beginning") + string(body)
		data := encoded(text, rapid.SampledFrom(encodings).Draw(t, "encoding"))
		got, err := parse.UTF8(data)
		if err != nil || string(got) != text {
			t.Fatalf("%x is %q: %v", data, got, err)
		}
		var source io.Reader = strings.NewReader(string(data))
		if rapid.Bool().Draw(t, "byte by byte") {
			source = iotest.OneByteReader(source)
		}
		got, err = io.ReadAll(parse.UTF8Reader(source))
		if err != nil || string(got) != text {
			t.Fatalf("%x is read as %q: %v", data, got, err)
		}
	})
}

func TestUTF8OfAnything(t *testing.T) {
	for text, want := range map[string]string{
		"": "", "{": "{", "\xff": "\xff", "\xff\xfe": "", "\xff\xfe{\x00\x00\xd8": "{\uFFFD", "\xff\xfe{": "\uFFFD", "\x00\x00": "\x00\x00",
	} {
		got, err := parse.UTF8([]byte(text))
		if err != nil || string(got) != want {
			t.Errorf("%q is %q, %v; want %q", text, got, err, want)
		}
	}
	broken := errors.New("broken")
	if _, err := io.ReadAll(parse.UTF8Reader(iotest.ErrReader(broken))); !errors.Is(err, broken) {
		t.Errorf("a reader that fails: %v", err)
	}
}
