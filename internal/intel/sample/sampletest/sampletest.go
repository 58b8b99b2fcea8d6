// Package sampletest builds the catalog of package sample, for tests and benchmarks that need
// verdicts and no data folder.
package sampletest

import (
	"testing"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/sample"
	"github.com/muster-project/muster/internal/intel/table"
)

// Catalog builds the catalog of the sample in memory, in about a second. A skipped record fails
// the test.
func Catalog(t testing.TB) *catalog.Catalog {
	t.Helper()
	var sources []catalog.Source
	for _, f := range sample.Feeds() {
		sources = append(sources, catalog.Source{Name: f.Name, Table: compile(t, f)})
	}
	c, err := catalog.Merge(catalog.Config{}, sources)
	if err != nil {
		t.Fatal(err)
	}
	return c
}

// compile makes a table from a feed's records.
func compile(t testing.TB, f sample.Feed) *table.Table {
	t.Helper()
	feed, err := feeds.New(f.Kind, feeds.Config{})
	if err != nil {
		t.Fatal(err)
	}
	builder := table.NewBuilder(f.Name)
	builder.Kind = f.Kind
	for record, err := range feed.Parse(t.Context(), f.Files) {
		if err != nil {
			t.Fatalf("reading feed %q of the sample: %v", f.Name, err)
		}
		builder.Add(record)
	}
	made, err := builder.Table()
	if err != nil {
		t.Fatal(err)
	}
	return made
}
