package catalog_test

import (
	"errors"
	"io"
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
