package intel_test

import (
	"bytes"
	"io"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
)

// A name is refused exactly if a feed of the kind would pass the file over.
func TestNamesThatAreNotRead(t *testing.T) {
	limits := intel.DefaultLimits()
	rapid.Check(t, func(t *rapid.T) {
		name := rapid.SampledFrom([]string{"", "a", "all", ".json", "a.csv", "a.json", "b.tar"}).Draw(t, "name") +
			rapid.SampledFrom([]string{"", ".json", ".JSON", ".ndjson", ".jsonl", ".csv", ".Csv", ".zip", ".tar", ".tgz", ".xml", ".XML", ".json_",
				".txt"}).Draw(t, "form") +
			rapid.SampledFrom([]string{"", "", ".gz", ".GZ", ".xz", ".bz2", ".zst", "~"}).Draw(t, "packed")
		if name == "" {
			name = "x"
		}
		// a damaged archive is an error that names the file, an empty text is an element: both are read
		files := fstest.MapFS{name: {Data: bytes.Repeat([]byte("x"), 8)}}
		texts, lines := 0, 0
		for range limits.Documents(files) {
			texts++
		}
		for range limits.Lines(files, 100) {
			lines++
		}
		for _, kind := range []intel.Kind{intel.CVE5, intel.NVD, intel.OSV, intel.KEV, intel.EOL, intel.SOFA,
			intel.Metasploit, intel.Nuclei} {
			if err := intel.NotRead(kind, name); (err == nil) != (texts > 0) {
				t.Fatalf("%q of %s: %v, %d documents", name, kind, err, texts)
			}
		}
		xml := 0
		if err := limits.XML(files, func(string, io.Reader) error { xml++; return nil }); err != nil {
			xml++ // damaged
		}
		yaml := 0
		for range limits.YAML(files) {
			yaml++
		}
		if err := intel.NotRead(intel.OVAL, name); (err == nil) != (xml > 0) {
			t.Fatalf("%q of oval: %v, %d XML", name, err, xml)
		}
		titled := 0
		for range limits.Texts(files) {
			titled++
		}
		if (texts+lines+xml+yaml+titled > 0) != intel.IsRaw(name) {
			t.Fatalf("%q: a part of a feed %t, %d texts, %d lines, %d XML, %d YAML", name, intel.IsRaw(name), texts, lines, xml,
				yaml)
		}
		for _, kind := range []intel.Kind{intel.EPSS, intel.ExploitDB} {
			if err := intel.NotRead(kind, name); (err == nil) != (lines > 0) {
				t.Fatalf("%q of %s: %v, %d lines", name, kind, err, lines)
			}
		}
		if err := intel.NotRead(intel.Titles, name); (err == nil) != (titled > 0) {
			t.Fatalf("%q of titles: %v, %d titles", name, err, titled)
		}
		if err := intel.NotRead(intel.SecDB, name); (err == nil) != (texts+yaml > 0) {
			t.Fatalf("%q of secdb: %v, %d texts, %d YAML", name, err, texts, yaml)
		}
		for range limits.AllLines(files, 100) {
			texts++
		}
		if err := intel.NotRead(intel.MSRC, name); (err == nil) != (texts > 0) {
			t.Fatalf("%q of msrc: %v, %d texts", name, err, texts)
		}
	})
}
