package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/storetest"
)

// Keys of bundles are kept by id, at most 100, and what is known of the age of feeds with the feeds. Feeds are taken
// all or none.
func TestBundlesAreKept(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		key := intelligence.BundleKey{ID: "a", Public: "muster-bundle:A", Name: "one", Added: noon}
		added, err := intelligence.AddBundleKey(ctx, s.Intelligence, key)
		must(t, err)
		key.Name = "renamed"
		again, err := intelligence.AddBundleKey(ctx, s.Intelligence, intelligence.BundleKey{ID: "a", Name: "renamed",
			Added: noon.Add(time.Hour)})
		must(t, err)
		if !added.Equal(noon) || !again.Equal(noon) {
			t.Errorf("added at %v, and again at %v", added, again)
		}
		all, err := intelligence.BundleKeys(ctx, s.Intelligence)
		must(t, err)
		equal(t, "keys", all, []intelligence.BundleKey{key})
		for n := range 99 {
			_, err := intelligence.AddBundleKey(ctx, s.Intelligence, intelligence.BundleKey{ID: fmt.Sprint(n), Added: noon})
			must(t, err)
		}
		_, err = intelligence.AddBundleKey(ctx, s.Intelligence, intelligence.BundleKey{ID: "more", Added: noon})
		isError(t, err, database.ErrTooMany, `"more"`)
		must(t, intelligence.RemoveBundleKey(ctx, s.Intelligence, "a"))
		isError(t, intelligence.RemoveBundleKey(ctx, s.Intelligence, "a"), database.ErrNotFound, `"a"`)
		if all, err = intelligence.BundleKeys(ctx, s.Intelligence); err != nil || len(all) != 99 {
			t.Errorf("%d keys: %v", len(all), err)
		}
		feed := intelligence.Feed{Kind: "kev", Name: "kev", Path: "feed/kev/1", Answered: noon, Failures: 3, Origin: `{"path":"feed/kev/1"}`}
		other := intelligence.Feed{Kind: "nvd", Name: "nvd", Path: "feed/nvd/1"}
		_, err = s.Intelligence.TakeFeeds(ctx, []intelligence.Taken{{Feed: feed, Rejected: "[1]"},
			{Feed: other, Rejected: "[]"}}, noon)
		must(t, err)
		_, err = s.Intelligence.TakeFeeds(ctx, []intelligence.Taken{{Feed: feed}}, noon) // what was left out is kept
		must(t, err)
		rejected, err := s.Intelligence.Rejected(ctx, "kev", "kev")
		must(t, err)
		equal(t, "rejected", rejected, "[1]")
		known, err := s.Intelligence.Feeds(ctx)
		must(t, err)
		equal(t, "feeds", known, []intelligence.Feed{feed, other})
	})
}
