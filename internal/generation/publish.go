package generation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// answerEvery is how often who waits for a generation looks whether another
// process has made it.
const answerEvery = time.Second

// Publication is a generation that was asked for.
type Publication struct {
	publisher    *Publisher
	organization string
	request      string
	done         chan struct{}
	snapshot     publication.Snapshot
	err          error
}

// publications are those of this process that have not come to their end, and the
// organizations for which somebody is at work.
type publications struct {
	mu      sync.Mutex
	waiting map[string]*Publication // by request
	serving map[string]bool         // and whether something was asked for since
}

// Publish asks for a generation that begins after the call. That is stored: it is
// made whatever becomes of the caller and of the program. Calls that come before
// it has begun share it.
func (p *Publisher) Publish(ctx context.Context, organization string) *Publication {
	return p.PublishAs(ctx, organization, publication.Wish{})
}

// Rebuild asks for a generation that makes everything anew, for an organization
// whose newest snapshot is damaged. History begins again with it: its delta
// holds every row as New, and deltas from before it are refused. First-seen
// times are kept where the damaged snapshot can be read.
func (p *Publisher) Rebuild(ctx context.Context, organization string) *Publication {
	return p.PublishAs(ctx, organization, publication.Wish{Rebuild: true})
}

// PublishAs is Publish in another way. What all who share a generation wish is
// done.
func (p *Publisher) PublishAs(ctx context.Context, organization string, wish publication.Wish) *Publication {
	p.trace("ask")
	asked, err := p.store.Publication.Ask(ctx, organization, wish, p.clock())
	if err != nil {
		failed := &Publication{done: make(chan struct{}), err: err}
		close(failed.done)
		return failed
	}
	n := p.publications.join(p, organization, asked)
	p.serve(organization)
	return n
}

// join returns the publication of a request.
func (w *publications) join(p *Publisher, organization string, asked publication.Request) *Publication {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := w.waiting[asked.ID]
	if n == nil {
		n = &Publication{publisher: p, organization: organization, request: asked.ID, done: make(chan struct{})}
		w.waiting[asked.ID] = n
	}
	return n
}

// end tells those who wait for a request what became of it.
func (w *publications) end(request string, s publication.Snapshot, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if n := w.waiting[request]; n != nil {
		delete(w.waiting, request)
		n.snapshot, n.err = s, err
		close(n.done)
	}
}

// endAll tells everybody who waits for an organization's that nothing is made now.
func (w *publications) endAll(organization string, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for request, n := range w.waiting {
		if n.organization == organization {
			delete(w.waiting, request)
			n.err = err
			close(n.done)
		}
	}
}

// Err tells why the generation could not be asked for; nil once that is stored.
func (n *Publication) Err() error {
	if n.publisher == nil {
		return n.err
	}
	return nil
}

// Wait returns the snapshot when it is published, by this process or another. If
// ctx ends before, the generation goes on without the caller.
func (n *Publication) Wait(ctx context.Context) (publication.Snapshot, error) {
	for misses := 0; ; {
		select {
		case <-n.done:
			return n.snapshot, n.err
		case <-ctx.Done():
			return publication.Snapshot{}, ctx.Err()
		case <-time.After(answerEvery):
		}
		s, err := n.answer(ctx)
		switch {
		case errors.Is(err, errMissing):
			if misses++; misses > 1 { // else it may have come to its end here, a moment ago
				return s, err
			}
		case !errors.Is(err, errUnanswered):
			return s, err
		}
	}
}

var (
	errUnanswered = errors.New("it is not answered yet")
	errMissing    = errors.New("the request for a snapshot was refused")
)

// answer looks what another process has made of the request.
func (n *Publication) answer(ctx context.Context) (publication.Snapshot, error) {
	p := n.publisher
	g, err := p.store.Publication.Answered(ctx, n.organization, n.request)
	if errors.Is(err, database.ErrNotFound) {
		return publication.Snapshot{}, n.missing(ctx)
	}
	switch {
	case err != nil:
		return publication.Snapshot{}, err
	case g.State == publication.Running:
		return publication.Snapshot{}, errUnanswered
	case g.State == publication.Failed:
		return publication.Snapshot{}, fmt.Errorf("generation %d: %s", g.Number, g.Failure)
	}
	return p.store.Publication.Snapshot(ctx, n.organization, g.Number)
}

// missing tells whether the request still waits, or why it was refused.
func (n *Publication) missing(ctx context.Context) error {
	waits, err := n.publisher.store.Publication.Requested(ctx, n.organization)
	switch {
	case err == nil && waits.ID == n.request:
		return errUnanswered
	case err != nil && !errors.Is(err, database.ErrNotFound):
		return err
	}
	if doubt := n.publisher.Doubt(ctx, n.organization); doubt != nil {
		return doubt
	}
	return errMissing
}

// serve sees to it that what an organization waits for is made.
func (p *Publisher) serve(organization string) {
	if !p.publications.serve(organization) {
		return // who serves looks again
	}
	go func() {
		for more := true; more; more = p.publications.more(organization) {
			if err := p.answerAll(p.life, organization); err != nil {
				p.publications.endAll(organization, err)
			}
		}
	}()
}

// serve tells whether nobody serves an organization yet; those who do are told that
// something was asked for.
func (w *publications) serve(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	_, busy := w.serving[organization]
	w.serving[organization] = busy
	return !busy
}

// more tells whether something was asked for since who serves has looked; if not,
// they leave.
func (w *publications) more(organization string) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	more := w.serving[organization]
	if w.serving[organization] = false; !more {
		delete(w.serving, organization)
	}
	return more
}

// answerAll makes generations until none is asked for, or none begins.
func (p *Publisher) answerAll(ctx context.Context, organization string) error {
	h, ctx, err := p.Hold(ctx, organization)
	if err != nil {
		return err
	}
	defer h.Release()
	if err := h.finishLeft(ctx); err != nil {
		return err
	}
	for more := true; more; {
		r, err := p.store.Publication.Requested(ctx, organization)
		if errors.Is(err, database.ErrNotFound) {
			return nil
		}
		if err == nil {
			more, err = h.answer(ctx, r)
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// answer makes the generation that was asked for, and tells those who wait. In
// doubt no other one is tried, more is false then. The error is one that ends the
// work.
func (h *Hold) answer(ctx context.Context, r publication.Request) (more bool, err error) {
	s, err := h.publish(ctx, r)
	var failed error
	switch {
	case errors.Is(err, publication.ErrChanged):
		return true, nil // it was joined by somebody who wishes more: look again
	case ended(ctx) != nil: // the next start goes on
		return false, ended(ctx)
	case errors.Is(err, publication.ErrLost):
		return false, err
	case errors.Is(err, ErrDoubt):
		failed = h.store.Publication.Refuse(ctx, h.organization, r)
	case err != nil: // else it would be tried again and again
		failed = h.store.Publication.Withdraw(ctx, h.organization, r)
	default:
		if err := h.retire(ctx); err != nil { // no reason to say that nothing was published
			h.log.ErrorContext(ctx, "retiring old snapshots failed", "error", err)
		}
	}
	h.publications.end(r.ID, s, errors.Join(err, failed))
	return !errors.Is(err, ErrDoubt), failed
}

// publish makes the generation that was asked for. One that a crash left over is
// finished first: it began before.
func (h *Hold) publish(ctx context.Context, r publication.Request) (s publication.Snapshot, err error) {
	for resumed := true; resumed && ended(ctx) == nil && !errors.Is(err, publication.ErrLost); {
		s, resumed, err = h.generate(ctx, r)
	}
	if err == nil {
		err = ended(ctx)
	}
	return s, err
}

// Publish makes a generation by somebody who has the work on the organization
// already, and returns its snapshot.
func (h *Hold) Publish(ctx context.Context, wish publication.Wish) (publication.Snapshot, error) {
	for {
		r, err := h.store.Publication.Ask(ctx, h.organization, wish, h.clock())
		if err != nil {
			return publication.Snapshot{}, err
		}
		s, err := h.publish(ctx, r)
		if errors.Is(err, publication.ErrChanged) {
			continue
		}
		if err != nil && ended(ctx) == nil {
			err = errors.Join(err, h.store.Publication.Withdraw(ctx, h.organization, r))
		}
		h.publications.end(r.ID, s, err)
		return s, err
	}
}

// Progress says how far a generation is.
type Progress struct {
	// Ranges is how many of Total are complete.
	Ranges, Total int
	// Devices are those of the ranges that are complete.
	Devices int64
}

// Progress reads how far a generation is from what was completed.
func (p *Publisher) Progress(ctx context.Context, organization string, g publication.Generation) (done Progress, err error) {
	pinned, err := readPin(g)
	if err != nil {
		return done, err
	}
	done.Total = len(pinned.Ranges)
	done.Ranges, done.Devices, err = p.store.Publication.Completed(ctx, organization, g.Number)
	return done, err
}
