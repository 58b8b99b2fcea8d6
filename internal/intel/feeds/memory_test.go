package feeds_test

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"runtime"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve5"
	"github.com/muster-project/muster/internal/intel/eol"
	"github.com/muster-project/muster/internal/intel/inteltest"
	"github.com/muster-project/muster/internal/intel/kev"
	"github.com/muster-project/muster/internal/intel/msrc"
	"github.com/muster-project/muster/internal/intel/nvd"
	"github.com/muster-project/muster/internal/intel/osv"
	"github.com/muster-project/muster/internal/intel/sofa"
)

// held returns how many bytes of memory are in use.
func held() int64 {
	runtime.GC()
	var stats runtime.MemStats
	runtime.ReadMemStats(&stats)
	return int64(stats.HeapAlloc)
}

// allocated returns how many bytes f allocates, garbage included.
func allocated(f func()) int64 {
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	f()
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// endless is a folder with one file that is generated while it is read: a text, a number of items
// and another text.
type endless struct {
	name, before, item, after string
	items                     int
}

// Open opens the folder or the file.
func (e endless) Open(name string) (fs.File, error) {
	if name != e.name {
		return fstest.MapFS{}.Open(name)
	}
	readers := []io.Reader{strings.NewReader(e.before)}
	for range e.items {
		readers = append(readers, strings.NewReader(e.item))
	}
	return endlessFile{io.MultiReader(append(readers, strings.NewReader(e.after))...), e}, nil
}

// ReadDir lists the folder.
func (e endless) ReadDir(string) ([]fs.DirEntry, error) {
	return []fs.DirEntry{fs.FileInfoToDirEntry(endlessFile{nil, e})}, nil
}

func (e endless) size() int { return len(e.before) + e.items*len(e.item) + len(e.after) }

// endlessFile is the file, open.
type endlessFile struct {
	io.Reader
	endless
}

func (f endlessFile) Close() error               { return nil }
func (f endlessFile) Stat() (fs.FileInfo, error) { return f, nil }
func (f endlessFile) Name() string               { return f.name }
func (f endlessFile) Size() int64                { return int64(f.size()) }
func (f endlessFile) Mode() fs.FileMode          { return 0o600 }
func (f endlessFile) ModTime() time.Time         { return time.Time{} }
func (f endlessFile) IsDir() bool                { return false }
func (f endlessFile) Sys() any                   { return nil }

// A file of NVD must be read record by record: it was once held whole, and copied while it grew,
// in 2.2 GB.
func TestNVDFileIsReadRecordByRecord(t *testing.T) {
	record := `{"cve":{"id":"CVE-2024-0001","descriptions":[{"value":"` + strings.Repeat("text ", 13_000) + `"}]}},`
	file := endless{"a.json", `{"vulnerabilities":[`, record, `{"cve":{"id":"CVE-2024-0002"}}]}`, 1500}
	before, most, n := held(), int64(0), 0
	for _, err := range (nvd.Feed{}).Parse(t.Context(), file) {
		if err != nil {
			t.Fatal(err)
		}
		if n++; n%100 == 0 {
			most = max(most, held()-before)
		}
	}
	if n != file.items+1 || most > 48<<20 {
		t.Errorf("%d records of a file of %d bytes; %d bytes were held, want at most 48 MiB", n, file.size(), most)
	}
}

// wide repeats an item up to a number of bytes.
func wide(bytes int, item string) string {
	return strings.Repeat(item+",", bytes/(len(item)+1)) + item
}

// A record made only of many small values is left out, and costs little more than its text.
func TestHostileRecordsByMemory(t *testing.T) {
	const size, limit = 8 << 20, 80 << 20
	for _, c := range []struct {
		name, file string
		feed       intel.Feed
		text       string
	}{
		{"nvd matches", "a.json", nvd.Feed{},
			`{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":[{"nodes":[{"cpeMatch":[` +
				wide(size, "{}") + `]}]}]}}]}`},
		{"nvd configurations", "a.json", nvd.Feed{}, `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":[` +
			wide(size, "{}") + `]}}]}`},
		{"nvd references", "a.json", nvd.Feed{}, `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","references":[` +
			wide(size, "{}") + `]}}]}`},
		{"nvd scores", "a.json", nvd.Feed{},
			`{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","metrics":{"cvssMetricV31":[` + wide(size, "{}") + `]}}}]}`},
		{"cve5 products", "CVE-1.json", cve5.Feed{},
			`{"cveMetadata":{"cveId":"CVE-2024-0001"},"containers":{"cna":{"affected":[` + wide(size, "{}") + `]}}}`},
		{"cve5 containers", "CVE-1.json", cve5.Feed{}, `{"cveMetadata":{"cveId":"CVE-2024-0001"},"containers":{"adp":[` +
			wide(size, "{}") + `]}}`},
		{"osv packages", "a.json", osv.Feed{}, `{"id":"A-1","affected":[` + wide(size, "{}") + `]}`},
		{"osv versions", "a.json", osv.Feed{},
			`{"id":"A-1","affected":[{"package":{"ecosystem":"Go","name":"a"},"versions":[` + wide(size, `""`) + `]}]}`},
		{"releases of macOS", "a.json", sofa.Feed{}, `{"OSVersions":[{"SecurityReleases":[` + wide(3<<20, "{}") + `]}]}`},
		{"eol releases", "a.json", eol.Feed{}, `{"result":[{"name":"a","releases":[` + wide(3<<20, "{}") + `]}]}`},
		{"eol nesting", "a.json", eol.Feed{}, `{"result":[{"name":"a","releases":[{"eolFrom":[` +
			wide(3<<20, "[]") + `]}]}]}`},
		{"msrc CVEs", "a.json", msrc.Feed{}, updatesOf(`{"ProductID":"1","Value":"Windows"}`, wide(size, "{}"))},
		{"msrc products", "a.json", msrc.Feed{}, updatesOf(wide(size, "{}"), "{}")},
		{"msrc remediations", "a.json", msrc.Feed{}, updatesOf("{}", `{"CVE":"CVE-2024-0001","Remediations":[`+wide(3<<20, "{}")+`]}`)},
		{"msrc groups", "a.json", msrc.Feed{}, `{"document":{"publisher":{"namespace":"https://msrc.microsoft.com"},"tracking":{"initial_release_date":"2025-09-09"}},` +
			`"product_tree":{"full_product_names":[{"product_id":"1","name":"a"}],"product_groups":[{"group_id":"g","product_ids":[` + wide(200_000, `"1"`) + `]}]},` +
			`"vulnerabilities":[{"cve":"CVE-2024-0001","remediations":[{"category":"vendor_fix","group_ids":[` + wide(200_000, `"g"`) + `]}]}]}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			var odd []error
			got := allocated(func() { _, odd = parse(t, c.feed, inteltest.File(c.file, c.text)) })
			if len(odd) == 0 || !errors.Is(odd[0], intel.ErrTooLarge) ||
				!strings.Contains(odd[0].Error(), c.file) || got > limit {
				t.Errorf("%d bytes allocated, want at most %d; errors %v, want one that names the file", got, limit, odd)
			}
		})
	}
}

// updatesOf is a month of Microsoft's updates, with products and CVEs.
func updatesOf(products, cves string) string {
	return `{"DocumentTracking":{"InitialReleaseDate":"2025-09-09"},"ProductTree":{"FullProductName":[` + products +
		`]},"Vulnerability":[` + cves + `]}`
}

// parse returns the records and all errors except intel.ErrEmpty.
func parse(t *testing.T, feed intel.Feed, fsys fs.FS) (records []intel.Record, errs []error) {
	t.Helper()
	for record, err := range feed.Parse(t.Context(), fsys) {
		switch {
		case errors.Is(err, intel.ErrNoRecords):
		case err != nil:
			errs = append(errs, err)
		default:
			records = append(records, record)
		}
	}
	return records, errs
}

// numbered lists n items, each with a number in place of its "#".
func numbered(n int, item string) string {
	var b strings.Builder
	for i := range n {
		b.WriteString("," + strings.ReplaceAll(item, "#", fmt.Sprint(1000+i)))
	}
	return b.String()[1:]
}

// A record that a catalog would multiply is left out: packages by CVEs, nodes by the conditions of
// others, the products of an entry by its versions, and versions by those that cut them.
func TestRecordsThatMultiply(t *testing.T) {
	for _, c := range []struct {
		name string
		feed intel.Feed
		text string
	}{
		{"osv", osv.Feed{}, `{"id":"A-1","aliases":[` + numbered(1000, `"CVE-2024-#"`) + `],"affected":[` +
			numbered(1000, `{"package":{"ecosystem":"Go","name":"a#"}}`) + `]}`},
		{"nvd", nvd.Feed{}, `{"vulnerabilities":[{"cve":{"id":"CVE-2024-0001","configurations":[{"operator":"AND","nodes":[` +
			numbered(1000, `{"operator":"OR","cpeMatch":[{"vulnerable":true,"criteria":"cpe:2.3:a:v:p#:1:*:*:*:*:*:*:*"}]},{"operator":"OR","cpeMatch":[{"criteria":"cpe:2.3:o:v:o#:1:*:*:*:*:*:*:*"}]}`) + `]}]}}]}`},
		{"cve5 exceptions", cve5.Feed{}, published(`{"defaultStatus":"affected","cpes":[`+
			numbered(1000, `"cpe:2.3:a:v:p#:*:*:*:*:*:*:*:*"`)+`],"versions":[{"version":"1","status":"unaffected"}]},`+
			`{"defaultStatus":"affected","cpes":[`+numbered(1000, `"cpe:2.3:a:v:p#:*:*:*:*:*:*:*:*"`)+`],"versions":[`+
			numbered(2000, `{"version":"#","status":"unaffected"}`)+`]}`, ``)},
		{"cve5 cuts", cve5.Feed{}, published(`{"vendor":"a","product":"b","versions":[`+
			numbered(1000, `{"version":"0","lessThan":"3#","status":"affected"}`)+`,`+
			numbered(1000, `{"version":"1.#","status":"unaffected"}`)+`]}`, ``)},
	} {
		t.Run(c.name, func(t *testing.T) {
			var errs []error
			got := allocated(func() { _, errs = parse(t, c.feed, inteltest.File("CVE-1.json", c.text)) })
			if len(errs) != 1 || !errors.Is(errs[0], intel.ErrTooLarge) || got > 64<<20 {
				t.Errorf("%d bytes allocated, errors %v", got, errs)
			}
		})
	}
}

// published is a CVE record with the entries of its CNA and of another publisher.
func published(cna, adp string) string {
	return `{"cveMetadata":{"cveId":"CVE-2024-0001","state":"PUBLISHED"},"containers":{"cna":{"affected":[` + cna +
		`]},"adp":[{"affected":[` + adp + `]}]}}`
}

// The work for a record grows with its length and not with the square: the allocated bytes show
// it.
func TestEntriesOfOneRecordByWork(t *testing.T) {
	for name, text := range map[string]string{
		"complements": published(numbered(3000,
			`{"vendor":"a","product":"b","defaultStatus":"affected","versions":[{"version":"#","status":"unaffected"}]}`), ``),
		"texts beside published": published(numbered(1500, `{"vendor":"a","product":"b#"}`),
			numbered(1500, `{"vendor":"a","product":"b#"}`)),
		"one text, many vendors": published(numbered(100, `{"vendor":"a#","product":"b"}`),
			numbered(100, `{"product":"b","cpes":[`+wide(2000, `"cpe:2.3:a:v:p:*:*:*:*:*:*:*:*"`)+`]}`)),
		"platforms for all": published(`{"vendor":"a","product":"b","platforms":[`+numbered(20_000, `"Windows #"`)+`]}`,
			numbered(500, `{"cpes":["cpe:2.3:a:v:p#:*:*:*:*:*:*:*:*"],"versions":[{"version":"1","status":"affected"}]}`)),
		"platforms by product": published(`{"platforms":[`+numbered(5000, `"Windows #"`)+`],"cpes":[`+
			numbered(2000, `"cpe:2.3:a:v:p#:*:*:*:*:*:*:*:*"`)+`],"versions":[{"version":"1","status":"affected"}]}`, ``),
	} {
		var records []intel.Record
		got := allocated(func() { records, _ = parse(t, cve5.Feed{}, inteltest.File("CVE-1.json", text)) })
		if len(records) != 1 || got > 48<<20 {
			t.Errorf("%s: %d records of %d bytes, %d bytes allocated", name, len(records), len(text), got)
		}
	}
}

// A small file that inflates to a large one ends the parsing early, with an error that names it,
// and so does a record that is too long.
func TestFeedBombsAreNamed(t *testing.T) {
	for what, before := range map[string]string{
		"spaces": `{"vulnerabilities":[`, "a string": `{"vulnerabilities":["`, "another list": `{"result":[`,
		"before the list": `{"a":"`, "no JSON": ``,
	} {
		var data bytes.Buffer
		z := gzip.NewWriter(&data)
		io.WriteString(z, before)
		for range 40 {
			io.WriteString(z, strings.Repeat(" ", 1<<20))
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		for name, feed := range map[string]intel.Feed{"nvd": nvd.Feed{}, "cve5": cve5.Feed{}, "osv": osv.Feed{},
			"kev": kev.Feed{}, "eol": eol.Feed{}} {
			var errs []error
			got := allocated(func() { _, errs = parse(t, feed, fstest.MapFS{"CVE-bomb.json.gz": {Data: data.Bytes()}}) })
			if len(errs) == 0 || !strings.Contains(errs[0].Error(), "CVE-bomb.json.gz") || got > 192<<20 {
				t.Errorf("%s, %s: %d bytes allocated, error %v", name, what, got, errs)
			}
		}
	}
}
