package generation

import (
	"context"
	"sync"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

func newUUID() string { return uuid.NewString() }

// Publication is a generation that was asked for.
type Publication struct {
	done     chan struct{}
	snapshot store.Snapshot
	err      error

	mu      sync.Mutex
	reports []func(Progress)
}

// Publish asks for a generation that begins after the call. Calls that come
// while another generation is being made share the next one. It is made under
// the ctx of the first call that asked for it; when that ends, the generation
// is left to be resumed.
func (p *Publisher) Publish(ctx context.Context, organization string, progress func(Progress)) *Publication {
	return p.PublishAs(ctx, organization, Wish{}, progress)
}

// Wish says how a generation is to be made.
type Wish struct {
	// Rebuild makes everything anew, as Rebuild does.
	Rebuild bool
	// Anew goes on where the snapshot before is damaged: those of its ranges
	// begin anew (Repair).
	Anew bool
	// AllowShrink is the word of somebody who may give it: the clock is right,
	// and devices that have been silent for too long go, however many.
	AllowShrink bool
}

// PublishAs is Publish in another way.
func (p *Publisher) PublishAs(ctx context.Context, organization string, wish Wish, progress func(Progress)) *Publication {
	return p.ask(ctx, wanted{organization, wish}, progress)
}

// Rebuild asks for a generation that makes everything anew, for an organization
// whose newest snapshot is damaged. History begins again with it: its delta
// holds every row as New, and deltas from before it are refused. First-seen
// times are kept where the damaged snapshot can be read.
func (p *Publisher) Rebuild(ctx context.Context, organization string, progress func(Progress)) *Publication {
	return p.PublishAs(ctx, organization, Wish{Rebuild: true}, progress)
}

// wanted is a generation that somebody asked for.
type wanted struct {
	organization string
	Wish
}

func (p *Publisher) ask(ctx context.Context, w wanted, progress func(Progress)) *Publication {
	p.waiting.mu.Lock()
	defer p.waiting.mu.Unlock()
	next := p.waiting.next[w]
	if next == nil {
		next = &Publication{done: make(chan struct{})}
		p.waiting.next[w] = next
		go p.publish(ctx, w, next)
	}
	if progress != nil {
		next.mu.Lock()
		defer next.mu.Unlock()
		next.reports = append(next.reports, progress)
	}
	return next
}

// Wait returns the snapshot when it is published. If ctx ends before, the
// generation goes on without the caller.
func (n *Publication) Wait(ctx context.Context) (store.Snapshot, error) {
	select {
	case <-n.done:
		return n.snapshot, n.err
	case <-ctx.Done():
		return store.Snapshot{}, ctx.Err()
	}
}

// publish waits for the generation being made, then makes the one asked for.
// One that a crash left over is finished first: it began before the call.
func (p *Publisher) publish(ctx context.Context, w wanted, n *Publication) {
	defer close(n.done)
	p.publishing.Lock()
	defer p.publishing.Unlock()
	p.waiting.begin(w)
	for resumed := true; resumed && ctx.Err() == nil; {
		n.snapshot, resumed, n.err = p.generate(ctx, w, n.report)
	}
	if n.err == nil {
		n.err = ctx.Err()
	}
	if n.err != nil {
		return
	}
	if err := p.retire(ctx, w.organization); err != nil { // no reason to say that nothing was published
		p.log.ErrorContext(ctx, "retiring old snapshots failed", "error", err)
	}
}

// report passes progress on to everyone who asked.
func (n *Publication) report(progress Progress) {
	n.mu.Lock()
	defer n.mu.Unlock()
	for _, report := range n.reports {
		report(progress)
	}
}

// waiting are the generations that were asked for and have not begun.
type waiting struct {
	mu   sync.Mutex
	next map[wanted]*Publication
}

// begin lets later calls ask for another one.
func (w *waiting) begin(begun wanted) {
	w.mu.Lock()
	defer w.mu.Unlock()
	delete(w.next, begun)
}

// meter adds progress up, from several workers.
type meter struct {
	run      *run
	mu       sync.Mutex
	progress Progress
}

func (m *meter) add(r *snapshot.Made) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.progress.Ranges++
	m.progress.Devices += r.Devices
	for _, rows := range r.Rows {
		m.progress.Rows += rows
	}
	if m.run.progress != nil {
		m.run.progress(m.progress)
	}
}
