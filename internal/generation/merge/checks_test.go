package merge

import (
	"bytes"
	"log/slog"
	"strings"
	"testing"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
)

// catalogOf returns a catalog with a file of checks; none if the text is empty.
func catalogOf(t *testing.T, text string) *catalog.Catalog {
	t.Helper()
	builder := table.NewBuilder("checks")
	if text != "" {
		builder.Add(intel.Record{Source: "a.yaml", Checks: "a.yaml\n" + text})
	}
	made, err := builder.Table()
	if err != nil {
		t.Fatal(err)
	}
	merged, err := catalog.Merge(catalog.Config{}, []catalog.Source{{Name: "checks", Table: made}})
	if err != nil {
		t.Fatal(err)
	}
	return merged
}

// A catalog decides by which checks devices are judged. Checks that this program does not understand, because
// another one imported them, are left out, and that is said.
func TestChecksOfACatalog(t *testing.T) {
	ours, err := benchmark.Default()
	if err != nil {
		t.Fatal(err)
	}
	var log bytes.Buffer
	b := &Base{benchmarks: &benchmarks{ours: ours, log: slog.New(slog.NewTextHandler(&log, nil))}}
	if id := b.Checks(catalogOf(t, "")); id != "" || log.Len() > 0 {
		t.Errorf("without checks of a site: id %q, log %q", id, log.String())
	}
	site := catalogOf(t, "version: 1\nwithout: [scid-900101]\n")
	id, loaded := b.Checks(site), b.benchmarks.of(site)
	if id == "" || id == ours.ID() || b.benchmarks.of(site) != loaded {
		t.Errorf("the id is %q, and the checks must be loaded once", id)
	}
	if again := b.Checks(catalogOf(t, "# other\nversion: 1\nwithout: [scid-900101]\n")); again != id {
		t.Errorf("another comment changes the id %q to %q", id, again)
	}
	if other := b.Checks(catalogOf(t, "version: 1\nwithout: [scid-900102]\n")); other == id || other == "" {
		t.Errorf("other checks have the id %q", other)
	}
	if id := b.Checks(catalogOf(t, "version: 99\n")); id != "" || !strings.Contains(log.String(), "version 99") {
		t.Errorf("what is not understood: id %q, log %q", id, log.String())
	}
}
