package library

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Describe lists the feeds of a catalog, with what is stored of them. A feed that was replaced since
// the catalog was built has the day of its successor.
func (l *Library) Describe(ctx context.Context, c *catalog.Catalog) ([]counts.Feed, error) {
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("describing the feeds of catalog %q: %w", c.ID(), err)
	}
	sources, list := c.Sources(), []counts.Feed(nil)
	for i, f := range c.Summary().Feeds {
		described := counts.Feed{Name: f.Name, Records: int64(f.Records)}
		table := ""
		if i < len(sources) && sources[i].Name == f.Name {
			table = sources[i].Table.ID()
		}
		if stored, ok := storedFeed(known, f.Name, table); ok {
			described.Kind, described.Day = stored.Kind, newestDay(stored)
		}
		list = append(list, described)
	}
	return list, nil
}

// storedFeed finds the feed with a name, if there are several the one with the table.
func storedFeed(known []intelligence.Feed, name, table string) (found intelligence.Feed, ok bool) {
	for _, f := range known {
		if f.Name == name && (!ok || f.Table.ID == table) {
			found, ok = f, true
		}
	}
	return found, ok
}

// newestDay returns the last day on which a feed was known to be what its publisher has.
func newestDay(f intelligence.Feed) string {
	newest := f.Imported
	if f.Failure == "" && f.Checked.After(newest) {
		newest = f.Checked
	}
	if newest.IsZero() {
		return ""
	}
	return newest.UTC().Format(time.DateOnly)
}
