package library

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

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
			dated.Kind, dated.Failures = intel.Kind(stored.Kind), stored.Failures
			dated.Fetched, dated.Imported = datesOf(&stored)
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

// Dated returns how current a stored feed is, without its table.
func Dated(f *intelligence.Feed) coverage.Dated {
	dated := coverage.Dated{Feed: coverage.Feed{Name: f.Name, Kind: intel.Kind(f.Kind)},
		Failures: f.Failures}
	dated.Fetched, dated.Imported = datesOf(f)
	contents := contentsOf(*f)
	if contents.NewestTime != nil {
		dated.Newest = *contents.NewestTime
	}
	for _, e := range contents.Ecosystems {
		dated.Ecosystems = append(dated.Ecosystems, coverage.Ecosystem{Name: e.Name})
	}
	return dated
}

// Origin says from which bundle a feed is, and its times at the site of the bundle.
type Origin struct {
	// Path is that of the files that this is about: of others, which an older program stored, it says nothing.
	Path string `json:"path"`
	// Key is the id of the bundle's key, Made when the bundle was made.
	Key  string    `json:"key"`
	Made time.Time `json:"made"`
	// Fetched is when the source was asked there last with success, zero if never; Imported when it was imported.
	Fetched  time.Time `json:"fetched,omitzero"`
	Imported time.Time `json:"imported"`
}

// OriginOf returns the bundle that brought a feed; false if none did.
func OriginOf(f *intelligence.Feed) (o Origin, ok bool) {
	ok = f.Origin != "" && json.Unmarshal([]byte(f.Origin), &o) == nil && o.Path == f.Path
	return o, ok
}

// datesOf returns when a feed's source was last asked with success, here or where a bundle of it was made, zero if
// never, and when it was imported first.
func datesOf(f *intelligence.Feed) (fetched, imported time.Time) {
	imported = f.Imported
	if o, ok := OriginOf(f); ok {
		fetched, imported = o.Fetched, o.Imported
	}
	if f.Mark == "" {
		return fetched, imported
	}
	fetched = latest(fetched, latest(f.Imported, f.Answered))
	if f.Failure == "" {
		fetched = latest(fetched, f.Checked)
	}
	return fetched, imported
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}
