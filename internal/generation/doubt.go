package generation

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/publication"
)

// ErrDoubt is what every DoubtError is.
var ErrDoubt = errors.New("in doubt")

// DoubtError says why no generation begins and nothing is removed: the last
// snapshot stays the newest until the doubt ends by itself or by a word.
type DoubtError struct {
	// Reason is for programs, Why for those who see the whole organization.
	Reason clock.Doubt
	Why    string
}

// Error says why, for people.
func (e *DoubtError) Error() string {
	return "nothing is published or removed while in doubt: " + e.Why
}

// Is makes errors.Is find ErrDoubt.
func (e *DoubtError) Is(target error) bool { return target == ErrDoubt }

// Watcher holds the clock to what it read before. It is part of a Publisher.
type Watcher struct {
	store    *store.Store
	settings Settings
	clock    func() time.Time
	log      *slog.Logger
	watched  watching
}

// watching is what Receive and the log remember of an organization's clock.
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
	_, err := w.watch(ctx, organization, w.clock(), false)
	return err
}

// watch is Watch at a time. By a word there is no doubt.
func (w *Watcher) watch(ctx context.Context, organization string, now time.Time, word bool) (*clock.Clock, error) {
	c, err := w.store.Clock.WatchClock(ctx, organization, now, word)
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
		drop, err := w.store.Clock.Drop(ctx, organization, c.Silent(w.settings.HideAfter), c.Silent(w.settings.ForgetAfter))
		if err != nil {
			return err
		}
		if drop.Large() {
			shrinking = drop.Devices()
		}
	}
	if shrinking != c.Shrinking {
		if err := w.store.Clock.SetShrinking(ctx, organization, shrinking); err != nil {
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
	c, err := w.store.Clock.Clock(ctx, organization, w.clock())
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
	organizations, err := w.store.Organizations.Organizations(ctx)
	if err != nil {
		return nil, err
	}
	now := w.clock()
	all := make(map[string]clock.Doubt, len(organizations))
	for _, o := range organizations {
		doubt, ok := w.watched.known(o.ID, now)
		if !ok {
			c, err := w.store.Clock.Clock(ctx, o.ID, now)
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

// watchAtReceipt looks at the clock now and then, as reports come: what is in
// doubt keeps no report out.
func (w *Watcher) watchAtReceipt(ctx context.Context, organization string, now time.Time) {
	if !w.watched.due(organization, now) {
		return
	}
	if _, err := w.watch(ctx, organization, now, false); err != nil && !errors.Is(err, ErrDoubt) {
		w.log.WarnContext(ctx, "looking at the clock failed", "organization", organization, "error", err)
	}
}

// terms says what becomes of devices at a reading of the clock that is believed.
// That they are not too many was looked at just before: whoever reports since
// makes them fewer.
func (w *Watcher) terms(c *clock.Clock) publication.Terms {
	unseen, forget := c.Silent(w.settings.HideAfter), c.Silent(w.settings.ForgetAfter)
	if unseen.IsZero() {
		return publication.Terms{HideBefore: c.Now.Add(-w.settings.HideAfter), Keeping: true}
	}
	return publication.Terms{HideBefore: unseen, ForgetBefore: forget}
}
