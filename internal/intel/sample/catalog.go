package sample

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
	"github.com/muster-project/muster/internal/intel/table"
)

// Catalog builds the catalog of the sample in memory, for benchmarks and tests that need verdicts
// and no data folder. It takes about a second.
func Catalog(ctx context.Context) (*catalog.Catalog, error) {
	var sources []catalog.Source
	for _, f := range Feeds() {
		compiled, err := f.compile(ctx)
		if err != nil {
			return nil, fmt.Errorf("reading feed %q of the sample: %w", f.Name, err)
		}
		sources = append(sources, catalog.Source{Name: f.Name, Table: compiled})
	}
	return catalog.Merge(catalog.Config{}, sources)
}

// compile makes a table of the feed's records. None may be odd.
func (f Feed) compile(ctx context.Context) (*table.Table, error) {
	feed, err := feeds.New(f.Kind, feeds.Config{})
	if err != nil {
		return nil, err
	}
	builder := table.NewBuilder(f.Name)
	for record, err := range feed.Parse(ctx, f.Files) {
		if err != nil {
			return nil, err
		}
		builder.Add(record)
	}
	return builder.Table()
}
