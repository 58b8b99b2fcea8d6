package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/row"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// generate makes the snapshot that was asked for. A generation that a crash left
// unfinished is finished first, and resumed tells the two apart. None begins while
// in doubt.
func (h *Hold) generate(ctx context.Context, asked publication.Request) (s publication.Snapshot, resumed bool, err error) {
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
	g, resumed, err := h.begin(ctx, asked, previous, current)
	if err != nil {
		return publication.Snapshot{}, false, err
	}
	r := &run{Hold: h, number: g.Number, begun: g.Begun, previous: previous, history: previous,
		catalog: current, log: h.log.With("generation", g.Number)}
	s, err = r.finish(ctx, g)
	if err == nil || ended(ctx) != nil || errors.Is(err, publication.ErrLost) {
		return s, resumed, err // a run that was interrupted is resumed later, by whoever has the lease
	}
	return publication.Snapshot{}, resumed, r.fail(ctx, err)
}

// fail ends the generation without a snapshot, and returns why.
func (r *run) fail(ctx context.Context, err error) error {
	r.log.ErrorContext(ctx, "generation failed", "error", err)
	failing, cancel := context.WithTimeout(context.WithoutCancel(ctx), time.Minute)
	defer cancel()
	err = errors.Join(err, r.lease.Fail(failing, r.number, err.Error()), r.Sweep(failing))
	return fmt.Errorf("generation %d: %w", r.number, err)
}

// begin begins the generation that was asked for at one reading of the clock, or
// returns the one that was left. A *watch.DoubtError says why none begins.
func (h *Hold) begin(ctx context.Context, asked publication.Request, previous *snapshot.Manifest, current *catalog.Catalog) (g publication.Generation, resumed bool, err error) {
	now := h.clock()
	clock, doubt := h.watcher.Look(ctx, h.organization, now, asked.AllowShrink)
	h.trace("begin")
	g, resumed, err = h.store.Publication.Begin(ctx, h.organization, now, func(s *publication.Pinning) (publication.Terms, error) {
		if doubt != nil {
			return publication.Terms{}, doubt // of a new one; what is left of an older one had its own look
		}
		if err := s.Answer(h.lease, asked); err != nil {
			return publication.Terms{}, err
		}
		return h.pin(s, clock, asked.Wish, previous, current)
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

// terms says what becomes of devices at a reading of the clock that is believed.
// That they are not too many was looked at just before: whoever reports since
// makes them fewer.
func (h *Hold) terms(c *clock.Clock) publication.Terms {
	unseen, forget := c.Silent(h.settings.HideAfter), c.Silent(h.settings.ForgetAfter)
	if unseen.IsZero() {
		return publication.Terms{HideBefore: c.Now.Add(-h.settings.HideAfter), Keeping: true}
	}
	return publication.Terms{HideBefore: unseen, ForgetBefore: forget}
}

// pin fixes what a new generation is made from, but for its ranges.
func (h *Hold) pin(s *publication.Pinning, c *clock.Clock, wish publication.Wish, previous *snapshot.Manifest, current *catalog.Catalog) (terms publication.Terms, err error) {
	if wish.Rebuild {
		previous = &snapshot.Manifest{}
	}
	fixed := pin{Previous: previous.Number, Rebuild: wish.Rebuild, Anew: wish.Anew, Catalog: current.ID(), Benchmark: h.benchmark.ID(),
		RowShape: row.Version, Settings: h.settings.Assess, Clock: c.Now.UTC()}
	if fixed.Groups, err = s.GroupNames(); err != nil {
		return terms, err
	}
	terms = h.terms(c)
	terms.Pin, err = json.Marshal(fixed)
	return terms, err
}

// plan has the devices placed, and cuts them into ranges. Reports do not wait for
// it: of what is stored meanwhile the next generation makes what this one does not.
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
			cuts, err := p.Cut(group, cutEvery)
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

// finish does what is left of a generation and publishes it.
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

// restore brings back the pinned rules, for a run that is resumed.
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
