package catalog_test

import (
	"errors"
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
)

// Feeds with far more content than all public sources together make no catalog, and the error
// names the one that was too much.
func TestBuilderIsBounded(t *testing.T) {
	b := table.NewBuilder("osv/hostile")
	record := intel.Record{Source: "A-1",
		Packages: []intel.Package{{Ecosystem: "Go", Name: "a", Versions: make([]string, 400_000)}}}
	for range 26 {
		b.Add(record)
	}
	_, err := b.Table()
	if !errors.Is(err, intel.ErrTooLarge) || !strings.Contains(err.Error(), `feed "osv/hostile", record "A-1"`) {
		t.Errorf("error %v, want one that names feed and record", err)
	}
}

// allocated returns how many bytes it takes to write a catalog of one record.
func allocated(t *testing.T, r intel.Record) int64 {
	t.Helper()
	b := table.NewBuilder("test")
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.Add(r)
	made, err := b.Table()
	if err != nil {
		t.Fatal(err)
	}
	c, err := catalog.Merge(catalog.Config{}, []catalog.Source{{Name: "test", Table: made}})
	if err != nil {
		t.Fatal(err)
	}
	if v := c.Verdict(windows("V", "P", "1")); !v.Product {
		t.Error("rules were not laid out")
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// The work for a record grows with the number of its statements and not with the square: the
// allocated bytes show it.
func TestCompileByWork(t *testing.T) {
	const n = 10_000
	for name, version := range map[string]func(i int) intel.Range{
		"exceptions": func(i int) intel.Range { return intel.Range{Exact: fmt.Sprint("1.", i), Unaffected: true} },
		"branches":   func(i int) intel.Range { return intel.Range{High: fmt.Sprintf("%d.%d.1", i/100, i%100)} },
	} {
		a := intel.Affected{CVE: "CVE-2024-0001", Part: "a", Vendor: "v", Product: "p", By: intel.ByCNA,
			Versions: []intel.Range{{}}}
		for i := range n {
			a.Versions = append(a.Versions, version(i))
		}
		if got := allocated(t, intel.Record{Source: "CVE-2024-0001", Affected: []intel.Affected{a}}); got > n*(8<<10) {
			t.Errorf("%s: %d bytes allocated for %d versions", name, got, n)
		}
	}
}
