package library

import (
	"context"
	"fmt"
	"math"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/table"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Describe lists the feeds of a catalog, with what is stored of them. A feed that was replaced since
// the catalog was built has the address and the times of its successor.
func (l *Library) Describe(ctx context.Context, c *catalog.Catalog) ([]counts.Feed, error) {
	known, err := l.store.Feeds(ctx)
	if err != nil {
		return nil, fmt.Errorf("describing the feeds of catalog %q: %w", c.ID(), err)
	}
	var list []counts.Feed
	sources := c.Sources()
	for i, f := range c.Summary().Feeds {
		described := counts.Feed{Name: f.Name, Records: int64(f.Records)}
		if i >= len(sources) {
			list = append(list, described)
			continue
		}
		t := sources[i].Table
		described.Kind = string(t.Extent.Kind)
		if stored, ok := storedFeed(known, f.Name, t.ID()); ok {
			described.Kind, described.Day = stored.Kind, newestDay(&t.Extent, stored)
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

// newestDay returns the last day for which a feed is known to be what its publisher has: the day
// when the publisher was last asked, or else that of its newest record. A record from the future is a
// mistake. It is empty if nothing says.
func newestDay(e *table.Extent, f intelligence.Feed) string {
	newest := f.Imported
	if e.Newest != table.Unknown && e.Newest <= math.MaxInt64 {
		if at := time.Unix(int64(e.Newest), 0); at.Before(newest) {
			newest = at
		}
	}
	if f.Mark != "" && f.Failure == "" && f.Checked.After(newest) { // it was fetched
		newest = f.Checked
	}
	if newest.IsZero() {
		return ""
	}
	return newest.UTC().Format(time.DateOnly)
}
