package archive_test

import (
	"archive/zip"
	"bytes"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/inventory/archive"
)

// pack makes a zip archive.
func pack(t testing.TB, files ...string) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for i, text := range files {
		f, err := w.Create(string(rune('a'+i)) + ".csv")
		if err == nil {
			_, err = f.Write([]byte(text))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func TestUnzip(t *testing.T) {
	got, err := archive.Unzip(pack(t, "some text"), 9)
	if err != nil || string(got) != "some text" || !archive.IsZip(pack(t, "")) || archive.IsZip([]byte("PK")) {
		t.Fatalf("%q, %v", got, err)
	}
	broken := pack(t, strings.Repeat("some text", 100))
	broken[50] ^= 1
	for name, test := range map[string]struct {
		packed []byte
		want   string
	}{
		"too long": {pack(t, strings.Repeat("0", 1001)), "more than 1000 bytes"}, "two files": {pack(t, "a", "b"), "has 2 files"},
		"cut off": {pack(t, "a")[:30], "unpacking the zip archive"}, "broken": {broken, "unpacking \"a.csv\""},
	} {
		text, err := archive.Unzip(test.packed, 1000)
		if err == nil || text != nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
}

func FuzzUnzip(f *testing.F) {
	f.Add(pack(f, "some text"))
	f.Add(pack(f, "a", "b"))
	f.Fuzz(func(t *testing.T, packed []byte) {
		if text, err := archive.Unzip(packed, 1<<20); err != nil && text != nil {
			t.Errorf("%v, and text", err)
		}
	})
}
