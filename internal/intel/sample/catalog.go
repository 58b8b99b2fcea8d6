package sample

import (
	"bytes"
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// Catalog builds the catalog of the sample alone, in memory: for benchmarks and
// tests that need verdicts and no data folder. It takes about a second.
func Catalog(ctx context.Context) (*catalog.Catalog, error) {
	builder, err := catalog.NewBuilder(catalog.Config{})
	if err != nil {
		return nil, err
	}
	for _, f := range Feeds() {
		if err := f.addTo(ctx, builder); err != nil {
			return nil, fmt.Errorf("reading feed %q of the sample: %w", f.Name, err)
		}
	}
	var file bytes.Buffer
	if _, err := builder.Write(&file); err != nil {
		return nil, fmt.Errorf("building the sample's catalog: %w", err)
	}
	return catalog.Decode(file.Bytes())
}

// addTo adds the feed's records to a catalog. None of them may be odd.
func (f Feed) addTo(ctx context.Context, builder *catalog.Builder) error {
	feed, err := feeds.New(f.Kind, feeds.Config{})
	if err != nil {
		return err
	}
	for record, err := range feed.Parse(ctx, f.Files) {
		if err != nil {
			return err
		}
		builder.Add(f.Name, record)
	}
	return nil
}
