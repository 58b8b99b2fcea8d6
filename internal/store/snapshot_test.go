package store_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

func TestSealPublishes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		receipt := receive(t, s, software("host", "a"), noon)
		_, err := s.Publication.Latest(ctx, org)
		isError(t, err, database.ErrNotFound, "snapshot")

		first := seal(t, s, begin(t, s, noon), noon)
		equal(t, "snapshot", first, publication.Snapshot{
			Number: 1, Begun: noon, Generated: noon, Manifest: manifest(1), Full: publication.Kept, Delta: publication.Kept,
		})
		device, _ := load(t, s, receipt.DeviceID)
		equal(t, "published group", []any{device.PublishedGroup, device.Published}, []any{int64(0), true})
		sealed, err := s.Publication.Generation(ctx, org, 1)
		must(t, err)
		equal(t, "state", sealed.State, publication.Sealed)

		second := begin(t, s, noon)
		late := receive(t, s, software("newcomer", "a"), noon)
		published := seal(t, s, second, noon)
		device, _ = load(t, s, late.DeviceID)
		equal(t, "a device that came after the beginning is published", device.Published, false)

		latest, err := s.Publication.Latest(ctx, org)
		must(t, err)
		equal(t, "latest", latest, published)
		all, err := s.Publication.Snapshots(ctx, org)
		must(t, err)
		equal(t, "snapshots", all, []publication.Snapshot{first, published})
		generations, err := s.Publication.Generations(ctx, org, 1)
		must(t, err)
		equal(t, "newest generation", generations[0].Number, int64(2))
	})
}

func TestSealForgetsEarlierProgress(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for number := int64(1); number <= 2; number++ {
			g := begin(t, s, noon)
			attempt := string(rune('a' + number))
			w := worker(t, s)
			start(t, w, number, publication.Attempt{ID: attempt, Range: 0})
			_, err := complete(t, w, number, 0, attempt, []byte("x"))
			must(t, err)
			seal(t, s, g, noon)
		}
		for number, want := range map[int64]int{1: 0, 2: 1} {
			completions, err := s.Publication.Completions(ctx, org, number)
			must(t, err)
			equal(t, "completions", len(completions), want)
			g, err := s.Publication.Generation(ctx, org, number)
			must(t, err)
			equal(t, "pinned", len(g.Pin) > 0, want == 1)
		}
		equal(t, "dead attempts", len(dead(t, s)), 0)
	})
}

func TestRetention(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		snapshot := seal(t, s, begin(t, s, noon), noon)
		must(t, owner(t, s).SetRetention(ctx, 1, publication.Retired, publication.Retiring))
		snapshot.Full, snapshot.Delta = publication.Retired, publication.Retiring
		got, err := s.Publication.Snapshot(ctx, org, 1)
		must(t, err)
		equal(t, "snapshot", got, snapshot)

		isError(t, owner(t, s).SetRetention(ctx, 2, publication.Kept, publication.Kept), database.ErrNotFound, "snapshot 2")
		if err := owner(t, s).SetRetention(ctx, 1, "lost", publication.Kept); err == nil {
			t.Error("a retention that does not exist was stored")
		}
		_, err = s.Publication.Snapshot(ctx, org, 2)
		isError(t, err, database.ErrNotFound, "snapshot")
	})
}

func TestPruneHistory(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		for range 4 {
			seal(t, s, begin(t, s, noon), noon)
		}
		failed := begin(t, s, noon)
		must(t, owner(t, s).Fail(ctx, failed.Number, "no reason"))
		for number, delta := range map[int64]publication.Retention{1: publication.Retired, 2: publication.Retired,
			3: publication.Retiring} {
			must(t, owner(t, s).SetRetention(ctx, number, publication.Retired, delta))
		}
		numbers := func() (snapshots, generations []int64) {
			all, err := s.Publication.Snapshots(ctx, org)
			must(t, err)
			for _, snapshot := range all {
				snapshots = append(snapshots, snapshot.Number)
			}
			runs, err := s.Publication.Generations(ctx, org, 10)
			must(t, err)
			for _, g := range runs {
				generations = append(generations, g.Number)
			}
			return snapshots, generations
		}
		must(t, s.Publication.PruneHistory(ctx, org, noon))
		snapshots, generations := numbers()
		equal(t, "snapshots of the time itself", snapshots, []int64{1, 2, 3, 4})
		equal(t, "generations of the time itself", generations, []int64{5, 4, 3, 2, 1})

		must(t, s.Publication.PruneHistory(ctx, org, noon.Add(time.Hour)))
		snapshots, generations = numbers()
		equal(t, "snapshots", snapshots, []int64{2, 3, 4})
		equal(t, "generations", generations, []int64{5, 4, 3, 2})
		equal(t, "next number", begin(t, s, noon).Number, int64(6))
	})
}

func TestFeeds(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		feed := intelligence.Feed{
			Kind: "osv", Name: "debian", URL: "https://example.com/all.zip", Mark: "etag", Path: "feeds/osv/debian",
			Records: 5, Bytes: 1 << 40, SHA256: "ab", Imported: noon, Checked: noon.Add(time.Hour), Failure: "timeout",
		}
		must(t, s.Intelligence.PutFeed(ctx, intelligence.Feed{Kind: "osv", Name: "debian"}))
		must(t, s.Intelligence.PutFeed(ctx, feed))
		must(t, s.Intelligence.PutFeed(ctx, intelligence.Feed{Kind: "kev", Name: "kev"}))
		all, err := s.Intelligence.Feeds(ctx)
		must(t, err)
		equal(t, "feeds", all, []intelligence.Feed{{Kind: "kev", Name: "kev"}, feed})

		build, err := s.Intelligence.RemoveFeed(ctx, "kev", "kev", noon)
		must(t, err)
		_, err = s.Intelligence.RemoveFeed(ctx, "kev", "kev", noon)
		isError(t, err, database.ErrNotFound, `"kev"`)
		removed, err := s.Intelligence.RemovedFeeds(ctx)
		must(t, err)
		equal(t, "removed", removed, []intelligence.Removed{{Kind: "kev", Name: "kev", At: noon, Sequence: 1}})
		again, err := s.Intelligence.TakeFeeds(ctx, []intelligence.Taken{{Feed: intelligence.Feed{Kind: "kev", Name: "kev"},
			Rejected: `[{"record":"r"}]`}}, noon.Add(time.Hour))
		must(t, err)
		if removed, err = s.Intelligence.RemovedFeeds(ctx); err != nil || len(removed) != 0 || again != build {
			t.Errorf("removed, though it came again with build %d of %d: %v, %v", again, build, removed, err)
		}
		rejected, err := s.Intelligence.Rejected(ctx, "kev", "kev")
		must(t, err)
		equal(t, "rejected", rejected, `[{"record":"r"}]`)
		_, err = s.Intelligence.RemoveFeed(ctx, "kev", "kev", noon.Add(2*time.Hour))
		must(t, err)
		if removed, err = s.Intelligence.RemovedFeeds(ctx); err != nil || len(removed) != 1 || removed[0].Sequence != 2 {
			t.Errorf("removed again: %v, %v", removed, err)
		}
		if rejected, err = s.Intelligence.Rejected(ctx, "kev", "kev"); err != nil || rejected != "" {
			t.Errorf("of a removed feed was left out: %q, %v", rejected, err)
		}
		_, err = s.Intelligence.Feed(ctx, "kev", "kev")
		isError(t, err, database.ErrNotFound, `"kev"`)
		got, err := s.Intelligence.Feed(ctx, "osv", "debian")
		must(t, err)
		equal(t, "feed", got, feed)
	})
}

func TestCatalogs(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		_, err := s.Intelligence.Catalog(ctx)
		isError(t, err, database.ErrNotFound, "catalog")
		for _, id := range []string{"a", "b", "a"} {
			must(t, s.Intelligence.SetCatalog(ctx,
				intelligence.Catalog{ID: id, Path: id + ".catalog", Summary: `{}`, Built: noon}, nil))
		}
		a := intelligence.Catalog{ID: "a", Path: "a.catalog", Summary: `{}`, Built: noon}
		b := intelligence.Catalog{ID: "b", Path: "b.catalog", Summary: `{}`, Built: noon}
		current, err := s.Intelligence.Catalog(ctx)
		must(t, err)
		equal(t, "current", current, a)
		old, err := s.Intelligence.OldCatalogs(ctx)
		must(t, err)
		equal(t, "old", old, []intelligence.Catalog{b})

		must(t, s.Intelligence.ForgetCatalog(ctx, "a")) // the current one stays
		must(t, s.Intelligence.ForgetCatalog(ctx, "b"))
		current, err = s.Intelligence.Catalog(ctx)
		must(t, err)
		equal(t, "current", current, a)
		old, err = s.Intelligence.OldCatalogs(ctx)
		must(t, err)
		equal(t, "old", len(old), 0)
	})
}

func TestOrganizations(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		must(t, s.Organizations.Ensure(ctx, "b", "Second"))
		must(t, s.Organizations.Ensure(ctx, "b", ""))
		receive(t, s, software("host", ""), noon)
		all, err := s.Organizations.All(ctx)
		must(t, err)
		equal(t, "organizations", all, []organization.Organization{
			{ID: org, Name: "test", Revision: 1}, {ID: "b", Name: "Second"},
		})
	})
}
