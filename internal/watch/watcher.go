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

// Config says whose clock is watched.
type Config struct {
	Clocks        *clock.Store
	Organizations *organization.Store
	// HideAfter and ForgetAfter are how long a device may be silent before a
	// generation hides and forgets it.
	HideAfter, ForgetAfter time.Duration
	// Clock is time.Now if nil, Log is silent if nil.
	Clock func() time.Time
	Log   *slog.Logger
}

// Watcher compares the server's clock with what it read before, for each
// organization. It is safe for concurrent use.
type Watcher struct {
	clocks                 *clock.Store
	organizations          *organization.Store
	hideAfter, forgetAfter time.Duration
	now                    func() time.Time
	log                    *slog.Logger
	watched                watching
}

// New returns a Watcher that has looked at no clock yet.
func New(c Config) *Watcher {
	if c.Log == nil {
		c.Log = slog.New(slog.DiscardHandler)
	}
	return &Watcher{clocks: c.Clocks, organizations: c.Organizations, hideAfter: c.HideAfter, forgetAfter: c.ForgetAfter,
		now: Readings(c.Clock), log: c.Log, watched: watching{looks: map[string]look{}}}
}

// Readings returns a clock of plain readings, as they are stored. Those of time.Now
// are compared by how long the process has run, and would hide that the clock was set.
func Readings(now func() time.Time) func() time.Time {
	if now == nil {
		now = time.Now
	}
	return func() time.Time { return now().Round(0) }
}

// watching is what was found at the last look at each organization's clock.
type watching struct {
	mu    sync.Mutex
	looks map[string]look
}

// look is the last one: when the clock was held to what is stored, and when it
// was judged, if only to tell somebody; what was found, and what the log was
// told.
type look struct {
	watched, judged time.Time
	doubt, told     clock.Doubt
}

const (
	// watchEvery is how far the clock goes before reports have it looked at
	// again.
	watchEvery = time.Hour
	// judgeEvery is how far it goes before whoever asks has it judged again.
	judgeEvery = time.Minute
)

// due tells whether it is time for reports to have the clock looked at.
func (w *watching) due(organization string, now time.Time) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.looks[organization]
	return !ok || now.Sub(last.watched).Abs() >= watchEvery
}

// note remembers a look, and returns the doubt that the log was told last.
func (w *watching) note(organization string, now time.Time, doubt clock.Doubt) (before clock.Doubt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	before = w.looks[organization].told
	w.looks[organization] = look{watched: now, judged: now, doubt: doubt, told: doubt}
	return before
}

// known returns the doubt that was found a moment ago.
func (w *watching) known(organization string, now time.Time) (doubt clock.Doubt, ok bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last, ok := w.looks[organization]
	return last.doubt, ok && now.Sub(last.judged).Abs() < judgeEvery
}

// judged remembers a doubt that was found and not noted.
func (w *watching) judged(organization string, now time.Time, doubt clock.Doubt) {
	w.mu.Lock()
	defer w.mu.Unlock()
	last := w.looks[organization]
	last.judged, last.doubt = now, doubt
	w.looks[organization] = last
}

// Watch looks at the clock for an organization, and at how many devices would
// drop out by it; where neither gives a doubt, the reading is what later ones
// are held to. It is to be called every hour or so. A *DoubtError tells what is
// found.
func (w *Watcher) Watch(ctx context.Context, organization string) error {
	_, err := w.Look(ctx, organization, w.now(), false)
	return err
}

// Look is Watch at a reading of the clock, and returns what is known of it. By the word
// of somebody who may give it there is no doubt.
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

// weigh counts the devices that the next generation would drop, and notes
// where they are too many.
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

// Doubt judges the clock for an organization without noting anything: a
// *DoubtError, or nil where nothing is in doubt.
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

// Doubts tells, by organization, what is in doubt, or was a minute ago.
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

// AtReceipt looks at the clock now and then, as reports come: what is in
// doubt keeps no report out.
func (w *Watcher) AtReceipt(ctx context.Context, organization string, now time.Time) {
	if !w.watched.due(organization, now) {
		return
	}
	if _, err := w.Look(ctx, organization, now, false); err != nil && !errors.Is(err, ErrDoubt) {
		w.log.WarnContext(ctx, "looking at the clock failed", "organization", organization, "error", err)
	}
}
