package generation

import (
	"context"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/fair"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/watch"
)

// Publisher makes snapshots. It is safe for concurrent use.
type Publisher struct {
	base
	watcher *watch.Watcher // while it is in doubt, nothing is made or removed
	alone   bool

	// Shared by all organizations.
	slots    *fair.Gate // for jobs
	member   *crew.Member
	crew     crew.Crew
	makings  *makings
	versions versions
	seen     seen

	life         context.Context // ends when the Publisher stops
	end          context.CancelCauseFunc
	holds        holds
	publications publications
}

// Watcher returns the Watcher that judges the clock before anything is made or removed.
func (p *Publisher) Watcher() *watch.Watcher { return p.watcher }

// FeedLimits returns the ages at which feeds are too old to judge by.
func (p *Publisher) FeedLimits() coverage.Limits { return p.settings.FeedLimits }

// background runs a function in a goroutine that Close waits for. The error is ErrClosed if the
// Publisher stops.
func (p *Publisher) background(f func()) error {
	if err := p.holds.enter(); err != nil {
		return err
	}
	go func() {
		defer p.holds.all.Done()
		f()
	}()
	return nil
}
