package intel_test

import (
	"archive/tar"
	"bytes"
	"encoding/hex"
	"errors"
	"io"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"github.com/muster-project/muster/internal/intel"
)

// bzipped is "<a/>" and a line feed, as bzip2 packs it.
const bzipped = "425a6839314159265359feefb70c0000015900001000008005200020002186819a03537177245385090feefb70c0"

func zstdOf(t testing.TB, text string) []byte {
	t.Helper()
	z, err := zstd.NewWriter(nil)
	must(t, err)
	return z.EncodeAll([]byte(text), nil)
}

// tarText is a tar that is not compressed.
func tarText(t testing.TB, entries ...entry) string {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		must(t, w.WriteHeader(&tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.text)), Mode: 0o600}))
		_, err := io.WriteString(w, e.text)
		must(t, err)
	}
	must(t, w.Close())
	return b.String()
}

func TestZstandard(t *testing.T) {
	fsys := fstest.MapFS{
		"a.json.zst": {Data: zstdOf(t, "1")},
		"b.tar.zst":  {Data: zstdOf(t, tarText(t, entry{"2024/c.json", "2"}, entry{"index.txt", "x"}, entry{"d.xml", "y"}))},
	}
	got, err := read(intel.DefaultLimits(), fsys)
	want := []string{"a.json.zst: 1", "b.tar.zst/2024/c.json: 2"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
}

// What is cut off is an error, wherever it is cut.
func TestZstandardIsReadToItsEnd(t *testing.T) {
	whole := zstdOf(t, tarText(t, entry{"c.json", "2"}))
	for n := 1; n < len(whole); n++ {
		if _, err := read(intel.DefaultLimits(), fstest.MapFS{"b.tar.zst": {Data: whole[:n]}}); err == nil {
			t.Fatalf("%d of %d bytes were read", n, len(whole))
		}
	}
}

func TestXML(t *testing.T) {
	xml := func(l intel.Limits, fsys fstest.MapFS) (got []string, err error) {
		err = l.XML(fsys, func(name string, r io.Reader) error {
			text, err := io.ReadAll(r)
			got = append(got, name+": "+string(text))
			return err
		})
		return got, err
	}
	packed, err := hex.DecodeString(bzipped)
	must(t, err)
	fsys := fstest.MapFS{
		"a.xml": {Data: []byte("<a/>")}, "f.xml.bz2": {Data: packed}, "b.xml.gz": {Data: gzipOf(t, "<b/>")}, "c.xml.zst": {Data: zstdOf(t, "<c/>")},
		"d.json": {Data: []byte("1")}, "e.zip": {Data: zipOf(t, entry{"e.xml", "<e/>"})},
	}
	got, err := xml(intel.DefaultLimits(), fsys)
	want := []string{"a.xml: <a/>", "b.xml.gz: <b/>", "c.xml.zst: <c/>", "f.xml.bz2: <a/>\n"}
	if diff := cmp.Diff(want, got); diff != "" || err != nil {
		t.Errorf("%v, (-want +got):\n%s", err, diff)
	}
	l := intel.DefaultLimits()
	l.Entry = 3
	if _, err := xml(l, fsys); !errors.Is(err, intel.ErrTooLarge) {
		t.Errorf("a text of more than 3 bytes: %v", err)
	}
	if _, err := xml(intel.DefaultLimits(), fstest.MapFS{"a.xml.gz": {Data: gzipOf(t, "<a/>")[:12]}}); err == nil {
		t.Error("half of a file was read")
	}
}
