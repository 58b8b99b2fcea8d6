package intelligence

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/intel/suggest"
	"github.com/muster-project/muster/internal/store/database"
	stored "github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/publication"
)

var suggestsFeeds = edge.Description{
	Summary: "The feeds that the newest snapshot's devices need and that are missing, a part of what is published, or old",
	Gives:   []edge.Payload{edge.JSONOf[control.SuggestionList](http.StatusOK, "those that most devices need first")},
}

// suggestions handles what a fleet needs of feeds.
type suggestions struct {
	store     *stored.Store
	published *publication.Store
	library   *library.Library
	clock     func() time.Time
	limits    coverage.Limits
}

// suggestFeeds is GET /v1/feeds/suggestions.
func (f *suggestions) suggestFeeds(w *edge.Response, r *edge.Request) error {
	fleet, err := f.fleet(r.Context(), r.Caller.Organization)
	if err != nil {
		return err
	}
	reply := control.SuggestionList{Feeds: []control.SuggestedFeed{}, Devices: fleet.Devices}
	for _, one := range fleet.Feeds() {
		suggested := control.SuggestedFeed{Kind: string(one.Kind), Name: one.Name, URL: one.URL, State: string(one.State),
			Devices: one.Devices, For: []string{}, Has: one.Has}
		suggested.For = append(suggested.For, one.For...)
		reply.Feeds = append(reply.Feeds, suggested)
	}
	return w.JSON(http.StatusOK, reply)
}

// sources lists the suggested feeds as sources, with the known addresses of those that were fetched, and
// without those that can only be imported.
func (f *suggestions) sources(r *edge.Request) ([]library.Source, error) {
	fleet, err := f.fleet(r.Context(), r.Caller.Organization)
	if err != nil {
		return nil, err
	}
	sources := []library.Source{}
	for _, one := range fleet.Feeds() {
		source, err := f.sourceOf(r.Context(), one.Kind, one.Name)
		if err != nil {
			return nil, err
		}
		if !one.ByHand() || source.URL != "" {
			sources = append(sources, source)
		}
	}
	return sources, nil
}

// sourceOf returns the source of a kind and name, with its known address.
func (f *suggestions) sourceOf(ctx context.Context, kind intel.Kind, name string) (library.Source, error) {
	before, err := f.store.Feed(ctx, string(kind), name)
	if err != nil && !errors.Is(err, database.ErrNotFound) {
		return library.Source{}, fmt.Errorf("finding the feed: %w", err)
	}
	return library.Source{Kind: kind, Name: name, URL: before.URL}, nil
}

// fleet returns what is known of an organization's devices, by its newest snapshot, and of the feeds.
func (f *suggestions) fleet(ctx context.Context, organization string) (fleet suggest.Fleet, err error) {
	last, err := f.published.Latest(ctx, organization)
	if err == nil {
		totals, err := control.Encoded[counts.Snapshot](last.Manifest.Totals).Decode()
		if err != nil {
			return fleet, fmt.Errorf("reading the counts of snapshot %d: %w", last.Number, err)
		}
		if fleet.Devices = totals.Devices; totals.Coverage != nil {
			fleet.Wants = totals.Coverage.Wants
		}
	} else if !errors.Is(err, database.ErrNotFound) {
		return fleet, err
	}
	current, err := f.library.Current(ctx)
	if err != nil {
		return fleet, err
	}
	dated, err := f.library.Describe(ctx, current)
	if err != nil {
		return fleet, err
	}
	fleet.Have, fleet.Old = current.Feeds(), coverage.Old(dated, f.clock(), f.limits)
	return fleet, nil
}
