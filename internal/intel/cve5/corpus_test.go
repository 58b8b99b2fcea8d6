package cve5_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/cve5"
)

// shared is the folder of real feeds beside the clone; tests on it are skipped
// where it is absent.
func shared(t testing.TB, folder, name string) (dir fs.FS) {
	t.Helper()
	for dir := "."; ; dir = filepath.Join("..", dir) {
		path := filepath.Join(dir, "shared", "data", folder)
		if _, err := os.Stat(filepath.Join(path, name)); err == nil {
			return only{os.DirFS(path), name}
		}
		if abs, err := filepath.Abs(dir); err != nil || abs == "/" {
			t.Skip("no shared data")
		}
	}
}

// only is a folder of which one file is seen.
type only struct {
	fs.FS
	name string
}

func (o only) ReadDir(string) ([]fs.DirEntry, error) {
	info, err := fs.Stat(o.FS, o.name)
	if err != nil {
		return nil, err
	}
	return []fs.DirEntry{fs.FileInfoToDirEntry(info)}, nil
}

// counts sums up a corpus.
type counts struct {
	Records, LeftOut, Rejected, Public, Verified  int
	Statements, Ranges, Unbounded, Aliases, Pairs int
}

func count(records map[string]intel.Record, odd []error) counts {
	c := counts{Records: len(records), LeftOut: len(odd)}
	pairs := map[[2]string]bool{}
	for _, r := range records {
		c.Aliases += len(r.Aliases)
		switch {
		case r.CVE.Rejected:
			c.Rejected++
		case r.CVE.Exploit == intel.ExploitPublic:
			c.Public++
		case r.CVE.Exploit == intel.ExploitVerified:
			c.Verified++
		}
		for _, a := range r.Affected {
			c.Statements++
			c.Ranges += len(a.Versions)
			if a.Versions[0] == (intel.Range{}) && len(a.Versions) == 1 {
				c.Unbounded++
			}
			if a.Part != "" {
				pairs[[2]string{a.Vendor, a.Product}] = true
			}
		}
	}
	c.Pairs = len(pairs)
	return c
}

// The corpus as its README counts it: 44,130 records, 104 rejected, 227 with KEV
// data or SSVC "active". The counts of what is read guard against silent loss.
func TestVulnrichment(t *testing.T) {
	records, odd := parse(t, shared(t, "cve5", "vulnrichment-develop.tar.gz"))
	want := counts{
		Records: 44130, Rejected: 104, Public: 8473, Verified: 227,
		Statements: 79004, Ranges: 184244, Unbounded: 423, Aliases: 86547, Pairs: 9861,
	}
	if diff := cmp.Diff(want, count(records, odd)); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if n := openBelow(records, "chrome"); n < 310 {
		t.Errorf("trap 4: %d records of Chrome are open below, want at least 310", n)
	}
}

// openBelow counts the records of a CNA with a range from the first version.
func openBelow(records map[string]intel.Record, assigner string) int {
	n := 0
	for _, r := range records {
		if slices.ContainsFunc(r.Affected, func(a intel.Affected) bool {
			return a.Assigner == assigner && a.By == intel.ByCNA && a.Versions[0].Low == "" && a.Versions[0].High != ""
		}) {
			n++
		}
	}
	return n
}

func TestCvelistLayout(t *testing.T) {
	want := counts{
		Records: 2031, Rejected: 15, Public: 95, Verified: 227,
		Statements: 4115, Ranges: 12498, Aliases: 3307, Pairs: 283,
	}
	if diff := cmp.Diff(want, count(parse(t, shared(t, "cve5", "cvelistV5-layout-sample.zip")))); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func BenchmarkParse(b *testing.B) {
	fsys := shared(b, "cve5", "vulnrichment-develop.tar.gz")
	b.SetBytes(270 << 20) // of JSON
	b.ReportAllocs()
	for b.Loop() {
		n := 0
		for _, err := range (cve5.Feed{}).Parse(b.Context(), fsys) {
			if err != nil {
				b.Fatal(err)
			}
			n++
		}
		b.ReportMetric(float64(n), "records")
	}
}
