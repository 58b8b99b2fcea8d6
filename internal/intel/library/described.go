package library

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Describe lists the feeds of a catalog, with the times when they were fetched or imported. A feed
// that was replaced since the catalog was built has the times of its successor.
func (l *Library) Describe(ctx context.Context, c *catalog.Catalog) ([]coverage.Dated, error) {
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("describing the feeds of catalog %q: %w", c.ID(), err)
	}
	var list []coverage.Dated
	for _, f := range c.Feeds() {
		dated := coverage.Dated{Feed: f}
		if stored, ok := storedFeed(known, f.Name, f.Kind); ok {
			dated.Kind, dated.Imported = intel.Kind(stored.Kind), stored.Imported
			if stored.Mark != "" { // it was fetched
				dated.Fetched = stored.Imported
				if stored.Failure == "" && stored.Checked.After(stored.Imported) {
					dated.Fetched = stored.Checked
				}
			}
		}
		list = append(list, dated)
	}
	return list, nil
}

// storedFeed finds the feed with a name, if there are several the one of the kind.
func storedFeed(known []intelligence.Feed, name string, kind intel.Kind) (found intelligence.Feed, ok bool) {
	for _, f := range known {
		if f.Name == name && (!ok || f.Kind == string(kind)) {
			found, ok = f, true
		}
	}
	return found, ok
}
