package monitor

import (
	"context"
	"time"

	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// feeds reads how old feeds are and may be, how often they could not be fetched, and what was left out of them.
type feeds struct {
	store  *intelligence.Store
	clock  func() time.Time
	limits coverage.Limits
}

func newFeeds(c Config) *feeds {
	return &feeds{c.Store.Intelligence, c.Clock, c.Publisher.FeedLimits()}
}

var (
	feedAge = newGauge("feed_age_seconds",
		"Time since a feed's publisher was asked without a failure; of one imported by hand, the age of its newest record.",
		"kind", "name")
	feedLimit = newGauge("feed_limit_seconds",
		"Age at which a feed is too old to judge by; none for kinds that do not age.", "kind", "name")
	feedFailures = newGauge("feed_failures", "Fetches of a feed in a row that failed.", "kind", "name")
	feedRejected = newGauge("feed_rejected_records",
		"Records of a feed that were left out because they could not be used.", "kind", "name")
	catalogFailed = newGauge("catalog_build_failed",
		"1 if the newest build of the catalog failed and the previous catalog is in use.")
)

func (f *feeds) collector() collector {
	return collector{name: "feeds", server: true, about: []gauge{feedAge, feedLimit, feedFailures, feedRejected},
		read: func(ctx context.Context, _ *view, out *values) error {
			all, err := f.store.Feeds(ctx)
			for i := range all {
				feed, now := &all[i], f.clock()
				dated := library.Dated(feed)
				if asOf := dated.AsOf(now); !asOf.IsZero() {
					out.set(feedAge, max(0, now.Sub(asOf)).Seconds(), feed.Kind, feed.Name)
				}
				if limit := f.limits.Of(dated.Kind); limit > 0 {
					out.set(feedLimit, limit.Seconds(), feed.Kind, feed.Name)
				}
				out.set(feedFailures, float64(feed.Failures), feed.Kind, feed.Name)
				out.set(feedRejected, float64(feed.Skipped), feed.Kind, feed.Name)
			}
			return err
		}}
}

// builds reads whether the newest finished build of the catalog failed.
type builds struct{ store *intelligence.Store }

func newBuilds(c Config) *builds { return &builds{c.Store.Intelligence} }

// collector returns the collector. Before the first build there is no value.
func (b *builds) collector() collector {
	return collector{name: "builds", server: true, about: []gauge{catalogFailed},
		read: func(ctx context.Context, _ *view, out *values) error {
			all, err := b.store.Builds(ctx)
			if err != nil {
				return err
			}
			for _, one := range all {
				if !one.Ended.IsZero() {
					out.set(catalogFailed, flag(one.State == intelligence.BuildFailed))
					return nil
				}
			}
			return nil
		}}
}
