package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// generate makes the requested snapshot. If a crash left a generation unfinished, it finishes that
// one instead, and resumed is true. While in doubt no generation begins.
func (h *Hold) generate(ctx context.Context,
	asked publication.Request) (s publication.Snapshot, resumed bool, err error) {
	previous, err := h.ranges.Latest(ctx, h.organization)
	if asked.Rebuild && errors.Is(err, snapshot.ErrDamaged) {
		previous, err = &snapshot.Manifest{}, nil
	}
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	current, err := h.library.Current(ctx)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	feeds, err := h.library.Describe(ctx, current)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	g, resumed, err := h.begin(ctx, asked, previous, current, feeds)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	s, err = conduct(ctx, h, g, current)
	if errors.Is(err, merge.ErrOutdated) || errors.Is(err, library.ErrGone) {
		err = yield(ctx, h, g, err)
	}
	if err == nil || ended(ctx) != nil || left(err) {
		return s, resumed, err // the next owner of the lease resumes an interrupted run
	}
	return publication.Snapshot{}, resumed, fail(ctx, h, g.Number, err)
}

// conduct makes a generation that has begun.
func conduct(ctx context.Context, h *Hold, g publication.Generation,
	known *catalog.Catalog) (publication.Snapshot, error) {
	r, err := h.ranges.Open(ctx, h.organization, g, known)
	if err != nil {
		return publication.Snapshot{}, err
	}
	c := &conductor{base: &h.base, Run: r, hold: h, again: map[string]bool{}}
	return c.finish(ctx, g)
}

// fail ends the generation without a snapshot, and returns the reason.
func fail(ctx context.Context, h *Hold, number int64, err error) error {
	h.log.ErrorContext(ctx, "generation failed", "generation", number, "error", err)
	failing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(err, h.lease.Fail(failing, number, err.Error()), h.Sweep(failing))
	return fmt.Errorf("generation %d: %w", number, err)
}

// begin begins the requested generation at one reading of the clock, with a pinned catalog, or
// returns the unfinished one. A *watch.DoubtError says why none begins.
func (h *Hold) begin(ctx context.Context, asked publication.Request, previous *snapshot.Manifest,
	current *catalog.Catalog, feeds []coverage.Dated) (g publication.Generation, resumed bool, err error) {
	known := merge.Pin{Catalog: current.ID(), Checks: h.ranges.Checks(current)}
	if known.RemovedFeeds, known.Removal, err = h.removedSince(ctx, previous); err != nil {
		return g, false, err
	}
	now := h.clock()
	clock, doubt := h.watcher.Look(ctx, h.organization, now, asked.AllowShrink)
	h.trace("begin")
	g, resumed, err = h.store.Publication.Begin(ctx, h.organization, now,
		func(s *publication.Pinning) (publication.Terms, error) {
			if doubt != nil {
				// Only a new generation stops: an unfinished one was judged when it began.
				return publication.Terms{}, doubt
			}
			if err := s.Answer(h.lease, asked); err != nil {
				return publication.Terms{}, err
			}
			known.Clock = clock.Now.UTC()
			return h.pin(s, known, clock, asked.Wish, previous, feeds)
		})
	var because *watch.DoubtError
	if errors.As(err, &because) {
		return g, false, because
	}
	if err != nil {
		return g, false, fmt.Errorf("beginning a generation: %w", err)
	}
	return g, resumed, nil
}

// removedSince lists the feeds that were removed since the snapshot before, and the number of the last
// removal. Before the first snapshot nothing was assessed, so none is listed.
func (h *Hold) removedSince(ctx context.Context,
	previous *snapshot.Manifest) (removed []counts.RemovedFeed, last int64, err error) {
	all, err := h.store.Intelligence.RemovedFeeds(ctx)
	last = previous.Removal
	for _, f := range all {
		if f.Sequence > previous.Removal && previous.Number != 0 {
			removed = append(removed, counts.RemovedFeed{Kind: f.Kind, Name: f.Name, Records: f.Records})
		}
		last = max(last, f.Sequence)
	}
	return removed, last, err
}

// terms says which devices are hidden and forgotten at a reading of the clock that is believed.
// Look has checked that they are not too many; reports since then only make them fewer.
func (h *Hold) terms(c *clock.Clock) publication.Terms {
	unseen, forget := c.Silent(h.settings.HideAfter), c.Silent(h.settings.ForgetAfter)
	if unseen.IsZero() {
		return publication.Terms{HideBefore: c.Now.Add(-h.settings.HideAfter), Keeping: true}
	}
	return publication.Terms{HideBefore: unseen, ForgetBefore: forget}
}

// pin fixes the inputs of a new generation, except its ranges. fixed has clock and catalog.
func (h *Hold) pin(s *publication.Pinning, fixed merge.Pin, c *clock.Clock, wish publication.Wish,
	previous *snapshot.Manifest, feeds []coverage.Dated) (terms publication.Terms, err error) {
	if wish.Rebuild {
		previous = &snapshot.Manifest{}
	}
	fixed.Previous, fixed.Rebuild, fixed.Anew, fixed.Reasons = previous.Number, wish.Rebuild, wish.Anew, true
	able := h.ranges.Able()
	fixed.Benchmark, fixed.RowShape, fixed.Format = able.Benchmark, able.RowShape, able.Format
	fixed.Settings = h.settings.Assess
	fixed.PinFeeds(feeds, h.settings.FeedLimits)
	if fixed.Groups, err = s.GroupNames(); err != nil {
		return terms, err
	}
	if fixed.Exceptions, err = s.Exceptions(); err != nil {
		return terms, err
	}
	terms = h.terms(c)
	terms.Pin, err = json.Marshal(fixed)
	return terms, err
}

// finish does the remaining steps of a generation and publishes it.
func (c *conductor) finish(ctx context.Context, g publication.Generation) (publication.Snapshot, error) {
	if !g.Planned {
		if err := c.plan(ctx); err != nil {
			return publication.Snapshot{}, err
		}
	}
	done, err := c.makeRanges(ctx)
	if err != nil {
		return publication.Snapshot{}, err
	}
	return c.publish(ctx, done)
}
