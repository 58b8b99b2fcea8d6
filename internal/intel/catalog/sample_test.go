package catalog_test

import (
	"bufio"
	"bytes"
	"encoding/json"
	"flag"
	"os"
	"slices"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/testneed"
)

var update = flag.Bool("update", false, "write testdata/sample.jsonl anew from the real data beside the clone")

// samplePath holds the records of the real data for tests without it: only facts, one record per
// line.
const samplePath = "testdata/sample.jsonl"

// sampled are the documents of the sample.
var sampled = []string{
	"CVE-2023-3079", "CVE-2024-9680", "CVE-2024-9143", "CVE-2024-11477", "CVE-2024-38063",
	"ALSA-2022:6224", "ALSA-2023:1582", "DSA-5532-1", "DSA-5764-1", "GO-2024-2687",
	"openssl", "windows", "windows-server", "debian", "rhel", "python",
}

type sampleLine struct {
	Feed   string
	Record intel.Record
}

// sample is the catalog of testdata/sample.jsonl.
func sample(t testing.TB) *catalog.Catalog {
	t.Helper()
	file, err := os.Open(samplePath)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	records := map[string][]intel.Record{}
	lines := bufio.NewScanner(file)
	lines.Buffer(nil, 1<<20)
	for lines.Scan() {
		var line sampleLine
		if err := json.Unmarshal(lines.Bytes(), &line); err != nil {
			t.Fatal(err)
		}
		records[line.Feed] = append(records[line.Feed], line.Record)
	}
	if err := lines.Err(); err != nil {
		t.Fatal(err)
	}
	var feeds []catalog.Source
	for name, list := range records {
		feeds = append(feeds, compile(t, name, list...))
	}
	c, err := catalog.Decode(write(t, catalog.Config{}, feeds...), known(feeds...))
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// TestUpdateSample writes the sample. TestMustShow checks that sample and real data agree.
func TestUpdateSample(t *testing.T) {
	if !*update {
		t.Skip("only with -update")
	}
	dir := testneed.Shared(t)
	var file bytes.Buffer
	encoder := json.NewEncoder(&file)
	for _, s := range sources {
		for r, err := range s.feed.Parse(t.Context(), only{dir, s.path}) {
			if err != nil || !slices.Contains(sampled, r.Source) {
				continue
			}
			if err := encoder.Encode(sampleLine{s.name, r}); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := os.WriteFile(samplePath, file.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
