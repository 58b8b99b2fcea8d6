package scan

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/feeds"
)

// ErrNoFeeds says that there are no feeds to judge by.
var ErrNoFeeds = errors.New("no feeds")

// Intelligence is what machines are judged by.
type Intelligence struct {
	Catalog *catalog.Catalog
	// Feeds are those of the catalog, by name.
	Feeds []Feed
}

// Nothing is the intelligence without feeds. It assesses nothing, and says what it would need.
func Nothing() *Intelligence { return &Intelligence{Catalog: catalog.Empty()} }

// Feed is a feed that was read.
type Feed struct {
	coverage.Dated
	// Skipped counts the records that were left out because they cannot be read; First is the reason of
	// the first.
	Skipped int
	First   string
}

// Open makes the catalog of feeds. It reads from the cache what it holds already, and adds the rest. tell
// gets one line for each thing that takes long, and warn what is wrong but stops nothing.
func Open(ctx context.Context, batches []feeds.Batch, cache Cache, tell, warn func(string)) (*Intelligence, error) {
	if len(batches) == 0 {
		return nil, ErrNoFeeds
	}
	all := &Intelligence{}
	var sources []catalog.Source
	for _, b := range batches {
		one, err := cache.compiled(ctx, b, tell, warn)
		if err != nil {
			return nil, err
		}
		if at := slices.IndexFunc(sources, func(s catalog.Source) bool { return s.Name == one.name }); at >= 0 {
			warn(fmt.Sprintf("feed %q is there twice: the one in %q counts", one.name, b.Files[0]))
			sources = slices.Delete(sources, at, at+1)
			all.Feeds = slices.Delete(all.Feeds, at, at+1)
		}
		sources = append(sources, catalog.Source{Name: one.name, Table: one.table})
		all.Feeds = append(all.Feeds, Feed{
			Dated:   coverage.Dated{Feed: coverage.Feed{Name: one.name, Kind: b.Kind}, Imported: one.at, Fetched: one.fetched},
			Skipped: one.skipped, First: one.first,
		})
	}
	tell("merging the feeds")
	var err error
	if all.Catalog, err = cache.merged(sources, warn); err != nil {
		return nil, fmt.Errorf("merging the feeds: %w", err)
	}
	all.describe()
	return all, nil
}

// describe takes over what the catalog says of each feed.
func (i *Intelligence) describe() {
	for _, f := range i.Catalog.Feeds() {
		if at := slices.IndexFunc(i.Feeds, func(g Feed) bool { return g.Name == f.Name }); at >= 0 {
			i.Feeds[at].Feed = f
		}
	}
	slices.SortFunc(i.Feeds, func(a, b Feed) int { return strings.Compare(a.Name, b.Name) })
}

// Old lists the names of the feeds that are older than their limit at a time, ascending.
func (i *Intelligence) Old(now time.Time) []string {
	dated := make([]coverage.Dated, len(i.Feeds))
	for n := range i.Feeds {
		dated[n] = i.Feeds[n].Dated
	}
	return coverage.Old(dated, now, coverage.DefaultLimits())
}

// Find lists the feeds in files and folders. Files in folders that are of no kind of feed are returned as
// passed.
func Find(paths []string) (found []feeds.Batch, passed []string, err error) {
	if found, passed, err = feeds.Find("", paths); err == nil && len(found) == 0 {
		err = fmt.Errorf("%w in %q", ErrNoFeeds, paths)
	}
	return found, passed, err
}
