package catalog_test

import (
	"errors"
	"fmt"
	"io"
	"runtime"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
)

// Feeds that say more than all public sources together by far make no catalog,
// and the error names where it was too much.
func TestBuilderIsBounded(t *testing.T) {
	b, err := catalog.NewBuilder(catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	record := intel.Record{Source: "A-1", Packages: []intel.Package{{Ecosystem: "Go", Name: "a", Versions: make([]string, 400_000)}}}
	for range 26 {
		b.Add("osv/hostile", record)
	}
	_, err = b.Write(io.Discard)
	if !errors.Is(err, intel.ErrTooLarge) || !strings.Contains(err.Error(), `feed "osv/hostile", record "A-1"`) {
		t.Errorf("error %v, want one that names feed and record", err)
	}
}

// allocated returns how many bytes it takes to write a catalog of one record.
func allocated(t *testing.T, r intel.Record) int64 {
	t.Helper()
	b, err := catalog.NewBuilder(catalog.Config{})
	if err != nil {
		t.Fatal(err)
	}
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	b.Add("test", r)
	if _, err := b.Write(io.Discard); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	return int64(after.TotalAlloc - before.TotalAlloc)
}

// The work on a record grows with what it states and not with its square: what is
// allocated shows it.
func TestCompileByWork(t *testing.T) {
	const n = 10_000
	for name, version := range map[string]func(i int) intel.Range{
		"exceptions": func(i int) intel.Range { return intel.Range{Exact: fmt.Sprint("1.", i), Unaffected: true} },
		"branches":   func(i int) intel.Range { return intel.Range{High: fmt.Sprintf("%d.%d.1", i/100, i%100)} },
	} {
		a := intel.Affected{CVE: "CVE-2024-0001", Part: "a", Vendor: "v", Product: "p", By: intel.ByCNA, Versions: []intel.Range{{}}}
		for i := range n {
			a.Versions = append(a.Versions, version(i))
		}
		if got := allocated(t, intel.Record{Source: "CVE-2024-0001", Affected: []intel.Affected{a}}); got > n*(8<<10) {
			t.Errorf("%s: %d bytes allocated for %d versions", name, got, n)
		}
	}
}
