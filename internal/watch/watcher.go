package watch

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/organization"
)

// Config says what a Watcher works on. Clocks and Organizations are required.
type Config struct {
	Clocks        *clock.Store
	Organizations *organization.Store
	// HideAfter is how long a device may be silent before a generation hides it, ForgetAfter before
	// one forgets it.
	HideAfter, ForgetAfter time.Duration
	// Clock is time.Now if nil. If Log is nil, nothing is logged.
	Clock func() time.Time
	Log   *slog.Logger
}

// Watcher compares the server's clock with its earlier readings, for each organization. It is safe
// for concurrent use.
type Watcher struct {
	clocks                 *clock.Store
	organizations          *organization.Store
	hideAfter, forgetAfter time.Duration
	now                    func() time.Time
	log                    *slog.Logger
	watched                watching
}

// New returns a Watcher that has not checked any clock yet.
func New(c Config) *Watcher {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Watcher{clocks: c.Clocks, organizations: c.Organizations, hideAfter: c.HideAfter, forgetAfter: c.ForgetAfter,
		now: Readings(c.Clock), log: c.Log, watched: watching{looks: map[string]look{}}}
}

// Readings returns a clock without monotonic readings, as times are stored. Times of time.Now are
// compared by their monotonic readings, which would hide that the clock was set.
func Readings(now func() time.Time) func() time.Time {
	if now == nil {
		now = time.Now
	}
	return func() time.Time { return now().Round(0) }
}

// watching holds the last look at each organization's clock.
type watching struct {
	mu    sync.Mutex
	looks map[string]look
}

// look is one look: when the clock was last compared and stored (watched), when it was last judged
// with or without storing, the doubt that was found, and the doubt that was logged last (told).
type look struct {
	watched, judged time.Time
	doubt, told     clock.Doubt
}

const (
	// watchEvery is how far the clock moves before a report causes another look.
	watchEvery = time.Hour
	// judgeEvery is how far the clock moves before Doubts judges it again.
	judgeEvery = time.Minute
)

// due reports whether a report should cause a look at the clock.
func (w *watching) due(organization string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.looks[organization]
	return !ok || now.Sub(last.watched).Abs() >= watchEvery
}

// note stores a look, and returns the doubt that was logged last.
func (w *watching) note(organization string, now time.Time, doubt clock.Doubt) (before clock.Doubt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before = w.looks[organization].told
	w.looks[organization] = look{watched: now, judged: now, doubt: doubt, told: doubt}
	return before
}

// known returns the doubt that was found less than judgeEvery ago.
func (w *watching) known(organization string, now time.Time) (doubt clock.Doubt, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.looks[organization]
	return last.doubt, ok && now.Sub(last.judged).Abs() < judgeEvery
}

// judged stores a doubt that was found without a look.
func (w *watching) judged(organization string, now time.Time, doubt clock.Doubt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.looks[organization]
	last.judged, last.doubt = now, doubt
	w.looks[organization] = last
}

// Watch compares the clock with its earlier readings for an organization, and counts the devices
// that would be dropped. If neither is in doubt, later readings are compared with this one. Call it
// about every hour. A *DoubtError says what was found.
func (w *Watcher) Watch(ctx context.Context, organization string) error {
	_, err := w.Look(ctx, organization, w.now(), false)
	return err
}

// Look is Watch at a reading of the clock, and returns what is known of the clock. word says that a
// manager confirms the reading and the drop of devices: then there is no doubt.
func (w *Watcher) Look(ctx context.Context, organization string, now time.Time, word bool) (*clock.Clock, error) {
	c, err := w.clocks.Watch(ctx, organization, now, word)
	if err != nil {
		return nil, err
	}
	if c.Doubt == "" || c.Doubt == clock.FleetShrinks {
		if err := w.weigh(ctx, organization, &c, word); err != nil {
			return nil, err
		}
	}
	if before := w.watched.note(organization, now, c.Doubt); before != c.Doubt {
		w.tellDoubt(ctx, organization, &c)
	}
	if c.Doubt != "" {
		return nil, &DoubtError{c.Doubt, c.String()}
	}
	return &c, nil
}

// weigh counts the devices that the next generation would drop, and stores the count if it is too
// large.
func (w *Watcher) weigh(ctx context.Context, organization string, c *clock.Clock, word bool) error {
	var shrinking int64
	if !word {
		drop, err := w.clocks.Drop(ctx, organization, c.Silent(w.hideAfter), c.Silent(w.forgetAfter))
		if err != nil {
			return err
		}
		if drop.Large() {
			shrinking = drop.Devices()
		}
	}
	if shrinking != c.Shrinking {
		if err := w.clocks.SetShrinking(ctx, organization, shrinking); err != nil {
			return err
		}
	}
	c.Shrinking, c.Doubt = shrinking, ""
	if shrinking > 0 {
		c.Doubt = clock.FleetShrinks
	}
	return nil
}

// tellDoubt logs that a doubt began or ended.
func (w *Watcher) tellDoubt(ctx context.Context, organization string, c *clock.Clock) {
	if c.Doubt == "" {
		w.log.InfoContext(ctx, "doubt ended", "organization", organization, "clock", c.Now)
		return
	}
	w.log.WarnContext(ctx, "nothing is published or removed while in doubt", "organization", organization,
		"reason", string(c.Doubt), "why", c.String())
}

// Doubt judges the clock for an organization and stores nothing. It returns a *DoubtError, or nil
// if nothing is in doubt.
func (w *Watcher) Doubt(ctx context.Context, organization string) error {
	c, err := w.clocks.Judge(ctx, organization, w.now())
	if err != nil {
		return err
	}
	if c.Doubt != "" {
		return &DoubtError{c.Doubt, c.String()}
	}
	return nil
}

// Doubts returns the doubt of each organization, at most a minute old, "" for none.
func (w *Watcher) Doubts(ctx context.Context) (map[string]clock.Doubt, error) {
	organizations, err := w.organizations.All(ctx)
	if err != nil {
		return nil, err
	}
	now := w.now()
	all := make(map[string]clock.Doubt, len(organizations))
	for _, o := range organizations {
		doubt, ok := w.watched.known(o.ID, now)
		if !ok {
			c, err := w.clocks.Judge(ctx, o.ID, now)
			if err != nil {
				return nil, err
			}
			doubt = c.Doubt
			w.watched.judged(o.ID, now, doubt)
		}
		all[o.ID] = doubt
	}
	return all, nil
}

// AtReceipt checks the clock now and then when reports arrive. A doubt does not refuse reports.
func (w *Watcher) AtReceipt(ctx context.Context, organization string, now time.Time) {
	if !w.watched.due(organization, now) {
		return
	}
	if _, err := w.Look(ctx, organization, now, false); err != nil && !errors.Is(err, ErrDoubt) {
		w.log.WarnContext(ctx, "checking the clock failed", "organization", organization, "error", err)
	}
}
