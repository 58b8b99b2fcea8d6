package feeds_test

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/fstest"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// kindOfDocument is a kind whose records are documents of an archive, and one such record.
type kindOfDocument struct {
	kind intel.Kind
	name func(n int) string
	text func(n int) string
}

// documentKinds are those kinds.
func documentKinds() []kindOfDocument {
	return []kindOfDocument{
		{intel.OSV, func(n int) string { return fmt.Sprintf("ALSA-%d.json", n) }, func(n int) string {
			return fmt.Sprintf(`{"id":"ALSA-%d","aliases":["CVE-2024-%04d"],"affected":[{"package":{"ecosystem":"AlmaLinux:9",
				"name":"openssl"},"ranges":[{"type":"ECOSYSTEM","events":[{"introduced":"0"},{"fixed":"3.0"}]}]}]}`, n, n)
		}},
		{intel.CVE5, func(n int) string { return fmt.Sprintf("cves/2024/0xxx/CVE-2024-%04d.json", n) }, func(n int) string {
			return fmt.Sprintf(`{"cveMetadata":{"cveId":"CVE-2024-%04d","state":"PUBLISHED"},"containers":{"cna":{"affected":[
				{"vendor":"acme","product":"rocket","versions":[{"version":"1","status":"affected"}]}]}}}`, n)
		}},
		{intel.NVD, func(n int) string { return fmt.Sprintf("data/2024/CVE-2024-%04d.json", n) }, func(n int) string {
			return fmt.Sprintf(`{"_annotation":{"cve_id":"CVE-2024-%04d"},"cve":{"configurations":[{"nodes":[{"cpeMatch":[
				{"vulnerable":true,"criteria":"cpe:2.3:a:acme:rocket:1:*:*:*:*:*:*:*"}]}]}]}}`, n)
		}},
	}
}

// spoil makes something of a document that is no record.
func spoil(t *rapid.T, text string) string {
	inside := rapid.IntRange(1, len(text)-2).Draw(t, "place")
	switch rapid.IntRange(0, 6).Draw(t, "harm") {
	case 0: // cut off
		return text[:inside]
	case 1: // not UTF-8, in a string
		at := strings.Index(text, `":"`) + 3
		return text[:at] + rapid.SampledFrom([]string{"\xff", "\xc0\x80", "\xed\xa0\x80", "\xf8\x88\x80\x80\x80"}).Draw(t, "bytes") + text[at:]
	case 2: // nested without reason
		depth := rapid.IntRange(10_001, 50_000).Draw(t, "depth")
		return `{"x":` + strings.Repeat(rapid.SampledFrom([]string{"[", `{"a":`}).Draw(t, "nest"), depth)
	case 3: // more events than any record has
		return strings.TrimSuffix(text, "}") + `,"y":[` + strings.Repeat(`{"a":1},`, 300_000) + `{}]}`
	case 4: // text that is left of something else
		return strings.Repeat("\x00", inside)
	case 5: // two records in one
		return text + text
	}
	return rapid.SampledFrom([]string{"", "[]", "null x", "1", `"id"`, "<html>", "\ufeff" + text}).Draw(t, "other")
}

// pack makes an archive of documents, a zip or a compressed tar.
func pack(t *rapid.T, zipped bool, names, texts []string) []byte {
	var out bytes.Buffer
	fail := func(err error) {
		if err != nil {
			t.Fatal(err)
		}
	}
	if zipped {
		z := zip.NewWriter(&out)
		for i, name := range names {
			w, err := z.Create(name)
			fail(err)
			_, err = io.WriteString(w, texts[i])
			fail(err)
		}
		fail(z.Close())
		return out.Bytes()
	}
	packed := gzip.NewWriter(&out)
	w := tar.NewWriter(packed)
	for i, name := range names {
		fail(w.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: int64(len(texts[i])), Typeflag: tar.TypeReg}))
		_, err := io.WriteString(w, texts[i])
		fail(err)
	}
	fail(w.Close())
	fail(packed.Close())
	return out.Bytes()
}

// Issue 9: bad records are counted and listed, never a crash, never a finding. Whatever is wrong with
// documents of an archive, the others are read, each bad one is named once, and the archive that is
// itself cut off is refused.
func TestBadDocumentsAreLeftOutOneByOne(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		k := rapid.SampledFrom(documentKinds()).Draw(t, "kind")
		zipped := rapid.Bool().Draw(t, "zip")
		var names, texts []string
		bad := map[string]bool{}
		good := map[string]bool{}
		for n := range rapid.IntRange(2, 8).Draw(t, "documents") {
			name, text := k.name(n), k.text(n)
			if n > 0 && rapid.IntRange(0, 2).Draw(t, "bad") == 0 {
				text = spoil(t, text)
				bad[name] = true
			} else {
				good[name] = true
			}
			names, texts = append(names, name), append(texts, text)
		}
		data := pack(t, zipped, names, texts)
		file := map[bool]string{true: "all.zip", false: "main.tar.gz"}[zipped]
		feed, err := feeds.New(k.kind, feeds.Config{})
		if err != nil {
			t.Fatal(err)
		}
		records := 0
		for record, err := range feed.Parse(t.Context(), fstest.MapFS{file: {Data: data}}) {
			var odd *intel.RecordError
			switch {
			case errors.As(err, &odd):
				name := strings.TrimPrefix(odd.Source, file+"/")
				if !bad[name] {
					t.Errorf("%q was left out, or twice: %v", name, err)
				}
				delete(bad, name)
			case err != nil:
				t.Fatalf("the feed ended: %v", err)
			case len(record.Affected)+len(record.Packages) == 0:
				t.Errorf("%q says nothing", record.Source)
			default:
				records++
			}
		}
		if records != len(good) || len(bad) > 0 {
			t.Errorf("%d records, want %d; not told: %v", records, len(good), bad)
		}
		cut := data[:rapid.IntRange(1, len(data)-1).Draw(t, "cut")]
		var last error
		for _, err := range feed.Parse(t.Context(), fstest.MapFS{file: {Data: cut}}) {
			last = err
		}
		var odd *intel.RecordError
		if last == nil || errors.As(last, &odd) {
			t.Errorf("an archive cut to %d of %d bytes ended with %v", len(cut), len(data), last)
		}
	})
}

// A document that is longer than any record is left out like others that are odd.
func TestLongDocumentIsLeftOut(t *testing.T) {
	for _, k := range documentKinds()[:2] {
		feed, err := feeds.New(k.kind, feeds.Config{})
		if err != nil {
			t.Fatal(err)
		}
		long := strings.TrimSuffix(k.text(1), "}") + `,"z":"` + strings.Repeat("z", 33<<20) + `"}`
		records, odd := 0, 0
		for _, err := range feed.Parse(t.Context(), fstest.MapFS{k.name(1): {Data: []byte(long)},
			k.name(2): {Data: []byte(k.text(2))}}) {
			if _, is := errors.AsType[*intel.RecordError](err); is {
				odd++
			} else if err != nil {
				t.Errorf("%s ended: %v", k.kind, err)
			} else {
				records++
			}
		}
		if records != 1 || odd != 1 {
			t.Errorf("%s: %d records and %d left out, want 1 and 1", k.kind, records, odd)
		}
	}
}

// Issue 9: what is wrong with an entry of a list costs that entry alone, whether it is not JSON, not
// UTF-8, nested without end or longer than any record; a list that is cut off is refused.
func TestBadEntriesAreLeftOutOneByOne(t *testing.T) {
	kinds := map[intel.Kind][2]string{ // the list, and an entry
		intel.NVD:  {"vulnerabilities", `{"cve":{"id":"CVE-2024-0001"}}`},
		intel.KEV:  {"vulnerabilities", `{"cveID":"CVE-2024-0001"}`},
		intel.EOL:  {"result", `{"name":"python","releases":[]}`},
		intel.SOFA: {"OSVersions", `{"SecurityReleases":[{"UpdateName":"macOS","ProductVersion":"15.1","CVEs":{"CVE-2024-0001":{}}}]}`},
	}
	for name, bad := range map[string]string{
		"no JSON": `{"cve":tru}`, "not UTF-8": "{\"cve\":{\"id\":\"\xff\"}}", "another shape": `[{"cve":1}]`, "nothing": `{}`, "null": "null",
		"nested": `{"a":` + strings.Repeat("[", 20_000) + strings.Repeat("]", 20_000) + `}`,
		"wide":   `{"a":[` + strings.Repeat("{},", 1_000_000) + `{}]}`, "long": `{"a":"` + strings.Repeat("a", 17<<20) + `"}`,
	} {
		for kind, k := range kinds {
			feed, err := feeds.New(kind, feeds.Config{})
			if err != nil {
				t.Fatal(err)
			}
			text := `{"count":3,"` + k[0] + `":[` + k[1] + `,` + bad + `,` + k[1] + `],"end":1}`
			records, odd := 0, []error(nil)
			for _, err := range feed.Parse(t.Context(), fstest.MapFS{"a.json": {Data: []byte(text)}}) {
				if _, is := errors.AsType[*intel.RecordError](err); is {
					odd = append(odd, err)
				} else if err != nil {
					t.Errorf("%s, %s: %v", kind, name, err)
				} else {
					records++
				}
			}
			if records != 2 || len(odd) != 1 || !strings.Contains(odd[0].Error(), "a.json#1") {
				t.Errorf("%s, %s: %d records, left out %.200v; want 2 and the second", kind, name, records, odd)
			}
			if _, errs := parse(t, feed, fstest.MapFS{"a.json": {Data: []byte(text[:len(text)-10])}}); len(errs) == 0 {
				t.Errorf("%s, %s: a list that is cut off was read", kind, name)
			} else if _, is := errors.AsType[*intel.RecordError](errs[len(errs)-1]); is {
				t.Errorf("%s, %s: a list that is cut off ended with %v", kind, name, errs[len(errs)-1])
			}
		}
	}
}
