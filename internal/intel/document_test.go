package intel_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
)

// entry is one file of an archive.
type entry struct{ name, text string }

func zipOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	z := zip.NewWriter(&b)
	for _, e := range entries {
		w, err := z.Create(e.name)
		must(t, err)
		_, err = io.WriteString(w, e.text)
		must(t, err)
	}
	must(t, z.Close())
	return b.Bytes()
}

func tarOf(t testing.TB, entries ...entry) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, e := range entries {
		must(t, w.WriteHeader(&tar.Header{Name: e.name, Typeflag: tar.TypeReg, Size: int64(len(e.text)), Mode: 0o600}))
		_, err := io.WriteString(w, e.text)
		must(t, err)
	}
	must(t, w.Close())
	return gzipOf(t, b.String())
}

func gzipOf(t testing.TB, text string) []byte {
	t.Helper()
	var b bytes.Buffer
	z := gzip.NewWriter(&b)
	_, err := io.WriteString(z, text)
	must(t, err)
	must(t, z.Close())
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// read collects documents as "name: text" up to the first error.
func read(l intel.Limits, fsys fs.FS) (got []string, err error) {
	for doc, err := range l.Documents(fsys) {
		if err != nil {
			return got, err
		}
		got = append(got, doc.Name+": "+string(doc.Data))
	}
	return got, nil
}

func TestDocuments(t *testing.T) {
	inner := zipOf(t, entry{"cves/CVE-1.json", "8"})
	fsys := fstest.MapFS{
		"a.json":        {Data: []byte("1")},
		"b/c.json":      {Data: []byte("2")},
		"d.json.gz":     {Data: gzipOf(t, "3")},
		"e.zip":         {Data: zipOf(t, entry{"y.json", "5"}, entry{"README.md", "no"}, entry{"../../x.JSON", "4"})},
		"f.tar.gz":      {Data: tarOf(t, entry{"z/y.json", "6"}, entry{"LICENSE", "no"})},
		"g.tgz":         {Data: tarOf(t, entry{"y.json", "7"})},
		"h.zip.zip":     {Data: zipOf(t, entry{"cves.zip", string(inner)})},
		"i.csv":         {Data: []byte("no")},
		"j.zip":         {Data: zipOf(t, entry{"k.zip", string(zipOf(t, entry{"deep.zip", string(inner)}))})},
		"x.zip.partial": {Data: []byte("no")},
	}
	got, err := read(intel.DefaultLimits(), fsys)
	if err != nil {
		t.Fatal(err)
	}
	want := []string{
		"a.json: 1", "b/c.json: 2", "d.json.gz: 3", "e.zip/y.json: 5", "e.zip/../../x.JSON: 4",
		"f.tar.gz/z/y.json: 6", "g.tgz/y.json: 7",
		"h.zip.zip/cves.zip/cves/CVE-1.json: 8",
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// A truncated archive is never taken for a complete one.
func TestDocumentsCutShort(t *testing.T) {
	entries := []entry{{"1.json", strings.Repeat("a", 5000)}, {"2.json", strings.Repeat("b", 5000)}, {"end.txt", "x"}}
	for name, data := range map[string][]byte{
		"a.zip": zipOf(t, entries...), "a.tar.gz": tarOf(t, entries...), "a.json.gz": gzipOf(t, strings.Repeat("abc", 900)),
	} {
		for size := 1; size < len(data); size++ {
			if _, err := read(intel.DefaultLimits(), fstest.MapFS{name: {Data: data[:size]}}); err == nil {
				t.Errorf("%s cut to %d of %d bytes is read without error", name, size, len(data))
			} else if !strings.Contains(err.Error(), name) {
				t.Errorf("error %q does not name %s", err, name)
			}
		}
	}
}

func TestDocumentsDamaged(t *testing.T) {
	data := zipOf(t, entry{"1.json", strings.Repeat("a", 50)}, entry{"2.json", strings.Repeat("b", 50)})
	data[bytes.LastIndex(data, []byte("PK\x03\x04"))+40] ^= 1
	_, err := read(intel.DefaultLimits(), fstest.MapFS{"a.zip": {Data: data}})
	if err == nil || !strings.Contains(err.Error(), "a.zip") || !strings.Contains(err.Error(), "2.json") {
		t.Errorf("error %v does not name file and entry", err)
	}
}

func TestDocumentsLimits(t *testing.T) {
	zeros := strings.Repeat("0", 1<<20)
	tests := []struct {
		name   string
		limits intel.Limits
		fsys   fstest.MapFS
	}{
		{"a zip bomb", intel.Limits{Entries: 9, Entry: 1 << 10, Total: 1 << 30},
			fstest.MapFS{"a.zip": {Data: zipOf(t, entry{"x.json", zeros})}}},
		{"a gzip bomb", intel.Limits{Entries: 9, Entry: 1 << 10, Total: 1 << 30},
			fstest.MapFS{"a.json.gz": {Data: gzipOf(t, zeros)}}},
		{"a bomb in an entry nobody reads", intel.Limits{Entries: 9, Entry: 1 << 10, Total: 1 << 18},
			fstest.MapFS{"a.tgz": {Data: tarOf(t, entry{"x.bin", zeros})}}},
		{"a zip in a zip", intel.Limits{Entries: 9, Entry: 1 << 30, Total: 1 << 18},
			fstest.MapFS{"a.zip": {Data: zipOf(t, entry{"b.zip", zeros})}}},
		{"many small documents", intel.Limits{Entries: 9, Entry: 1 << 10, Total: 4},
			fstest.MapFS{"a.json": {Data: []byte("123")}, "b.json": {Data: []byte("456")}}},
		{"too many files", intel.Limits{Entries: 1, Entry: 1 << 10, Total: 1 << 10},
			fstest.MapFS{"a.json": {}, "b.json": {}}},
		{"too many entries", intel.Limits{Entries: 1, Entry: 1 << 10, Total: 1 << 10},
			fstest.MapFS{"a.zip": {Data: zipOf(t, entry{"a", ""}, entry{"b", ""})}}},
		{"too many tar entries", intel.Limits{Entries: 1, Entry: 1 << 10, Total: 1 << 20},
			fstest.MapFS{"a.tgz": {Data: tarOf(t, entry{"a", ""}, entry{"b", ""})}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			if got, err := read(tt.limits, tt.fsys); !errors.Is(err, intel.ErrTooLarge) {
				t.Errorf("read %.80q, %v; want %v", got, err, intel.ErrTooLarge)
			}
		})
	}
}

// For any bytes, archives stay within their limits and nothing panics.
func FuzzDocuments(f *testing.F) {
	f.Add("a.zip", zipOf(f, entry{"x.json", "1"}, entry{"y.zip", string(zipOf(f, entry{"z.json", "2"}))}))
	f.Add("a.tgz", tarOf(f, entry{"x.json", "1"}))
	f.Add("a.json.gz", gzipOf(f, "{}"))
	limits := intel.Limits{Entries: 50, Entry: 1 << 12, Total: 1 << 14}
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if !fs.ValidPath(name) || name == "." {
			return
		}
		total := 0
		for doc, err := range limits.Documents(fstest.MapFS{name: {Data: data}}) {
			total += len(doc.Data)
			if err == nil && len(doc.Data) > 1<<12 {
				t.Errorf("a document of %d bytes", len(doc.Data))
			}
		}
		if total > 1<<14 {
			t.Errorf("%d bytes in all", total)
		}
	})
}

// A set of texts is read whole or refused: a text that a feed of records would leave out is an error, which counts as
// no record's.
func TestSetsAreReadWhole(t *testing.T) {
	limits := intel.DefaultLimits()
	limits.Entry = 10
	files := fstest.MapFS{"a.yaml": {Data: []byte("a: 1\n")}, "b.yaml": {Data: []byte("b: 2\n")}, "c.txt": {Data: []byte("c")}}
	all, err := intel.Whole(t.Context(), "texts", limits.YAML(files))
	must(t, err)
	if len(all) != 2 || all[0].Name != "a.yaml" || string(all[1].Data) != "b: 2\n" {
		t.Errorf("%+v", all)
	}
	files["b.yaml"] = &fstest.MapFile{Data: []byte("b: 1234567890\n")}
	_, err = intel.Whole(t.Context(), "texts", limits.YAML(files))
	var odd *intel.RecordError
	if !errors.Is(err, intel.ErrTooLarge) || errors.As(err, &odd) || !strings.Contains(err.Error(), `file "b.yaml"`) {
		t.Errorf("one that is too large: %v", err)
	}
	if _, err = intel.Whole(t.Context(), "texts", limits.YAML(fstest.MapFS{})); !errors.Is(err, intel.ErrNoRecords) {
		t.Errorf("none: %v", err)
	}
	ended, end := context.WithCancel(t.Context())
	end()
	if _, err = intel.Whole(ended, "texts", limits.YAML(files)); !errors.Is(err, context.Canceled) {
		t.Errorf("ended: %v", err)
	}
}
