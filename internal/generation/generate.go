package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// generate makes the requested snapshot. If a crash left a generation unfinished, it finishes that
// one instead, and resumed is true. While in doubt no generation begins.
func (h *Hold) generate(ctx context.Context,
	asked publication.Request) (s publication.Snapshot, resumed bool, err error) {
	previous, err := h.latest(ctx, h.organization)
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
	g, resumed, err := h.begin(ctx, asked, previous, current.ID(), feeds)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	r := &run{Hold: h, number: g.Number, begun: g.Begun, previous: previous, history: previous,
		catalog: current, log: h.log.With("generation", g.Number)}
	s, err = r.finish(ctx, g)
	if err == nil || ended(ctx) != nil || errors.Is(err, publication.ErrLost) {
		return s, resumed, err // the next owner of the lease resumes an interrupted run
	}
	return publication.Snapshot{}, resumed, r.fail(ctx, err)
}

// fail ends the generation without a snapshot, and returns the reason.
func (r *run) fail(ctx context.Context, err error) error {
	r.log.ErrorContext(ctx, "generation failed", "error", err)
	failing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(err, r.lease.Fail(failing, r.number, err.Error()), r.Sweep(failing))
	return fmt.Errorf("generation %d: %w", r.number, err)
}

// begin begins the requested generation at one reading of the clock, with a pinned catalog, or
// returns the unfinished one. A *watch.DoubtError says why none begins.
func (h *Hold) begin(ctx context.Context, asked publication.Request, previous *snapshot.Manifest,
	catalog string, feeds []coverage.Dated) (g publication.Generation, resumed bool, err error) {
	known := pin{Catalog: catalog}
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
func (h *Hold) pin(s *publication.Pinning, fixed pin, c *clock.Clock, wish publication.Wish,
	previous *snapshot.Manifest, feeds []coverage.Dated) (terms publication.Terms, err error) {
	if wish.Rebuild {
		previous = &snapshot.Manifest{}
	}
	fixed.Previous, fixed.Rebuild, fixed.Anew, fixed.Reasons = previous.Number, wish.Rebuild, wish.Anew, true
	fixed.Benchmark, fixed.RowShape, fixed.Settings = h.benchmark.ID(), row.Version, h.settings.Assess
	fixed.pinFeeds(feeds, h.settings.FeedLimits)
	if fixed.Groups, err = s.GroupNames(); err != nil {
		return terms, err
	}
	terms = h.terms(c)
	terms.Pin, err = json.Marshal(fixed)
	return terms, err
}

// plan has the devices placed in groups, and cuts them into ranges. Reports do not wait for it: the
// next generation covers those that are stored meanwhile and that this one does not cover.
func (r *run) plan(ctx context.Context) error {
	r.trace("place")
	g, err := r.store.Publication.Plan(ctx, r.organization, r.number, func(p *publication.Planning) ([]byte, error) {
		r.trace("plan")
		groups, err := p.Groups()
		if err != nil {
			return nil, err
		}
		planned := r.pin
		for _, group := range groupsOf(r.previous.Ranges, groups) {
			cuts, err := p.Boundaries(group, cutEvery)
			if err != nil {
				return nil, err
			}
			planned.Ranges = append(planned.Ranges, planGroup(group, rangesOf(r.previous.Ranges, group), cuts)...)
		}
		return json.Marshal(planned)
	})
	if err != nil {
		return err
	}
	return r.readPin(g)
}

// finish does the remaining steps of a generation and publishes it.
func (r *run) finish(ctx context.Context, g publication.Generation) (publication.Snapshot, error) {
	if err := r.readPin(g); err != nil {
		return publication.Snapshot{}, err
	}
	if err := r.restore(ctx); err != nil {
		return publication.Snapshot{}, err
	}
	if !g.Planned {
		if err := r.plan(ctx); err != nil {
			return publication.Snapshot{}, err
		}
	}
	done, err := r.makeRanges(ctx)
	if err != nil {
		return publication.Snapshot{}, err
	}
	return r.publish(ctx, done)
}

// restore opens the pinned inputs, for a run that is resumed.
func (r *run) restore(ctx context.Context) error {
	if r.pin.Rebuild {
		r.previous = &snapshot.Manifest{}
	}
	if r.pin.Previous != r.previous.Number || r.pin.RowShape != row.Version || r.pin.Benchmark != r.benchmark.ID() {
		return errOutdated
	}
	var err error
	r.older = &snapshot.Manifest{}
	if r.pin.Anew {
		if r.older, err = r.before(ctx, r.pin.Previous); err != nil {
			return err
		}
	}
	if r.pin.Catalog == r.catalog.ID() {
		return nil
	}
	if r.catalog, err = r.library.ByID(ctx, r.pin.Catalog); err != nil {
		return fmt.Errorf("opening the pinned catalog: %w", err)
	}
	return nil
}
