package generation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// answerEvery is how often a caller that waits for a generation checks whether another process has
// made it.
const answerEvery = time.Second

// Publication is a requested generation.
type Publication struct {
	publisher *Publisher
	*wait
}

// Publish requests a generation that begins after the call. The request is stored, so it does not
// depend on the caller or on the process. Calls before the generation begins share it.
func (p *Publisher) Publish(ctx context.Context, organization string) *Publication {
	return p.PublishAs(ctx, organization, publication.Wish{})
}

// Rebuild requests a generation that makes everything anew, for an organization whose newest
// snapshot is damaged. History begins again with it: its delta holds every row as New, and deltas
// from before it are refused. First-seen times are kept where the damaged snapshot can be read.
func (p *Publisher) Rebuild(ctx context.Context, organization string) *Publication {
	return p.PublishAs(ctx, organization, publication.Wish{Rebuild: true})
}

// PublishAs is Publish with wishes. The generation fulfils the wishes of all who share it.
func (p *Publisher) PublishAs(ctx context.Context, organization string, wish publication.Wish) *Publication {
	p.trace("ask")
	asked, err := p.store.Publication.Ask(ctx, organization, wish, p.clock())
	if err != nil {
		failed := &Publication{nil, &wait{done: make(chan struct{}), err: err}}
		close(failed.done)
		return failed
	}
	n := p.publications.join(organization, asked)
	p.serve(organization)
	return &Publication{p, n}
}

// Err returns why the request could not be stored, nil if it was.
func (n *Publication) Err() error {
	if n.publisher == nil {
		return n.err
	}
	return nil
}

// Wait returns the snapshot when this process or another has published it. If ctx ends first, the
// generation goes on without the caller.
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
			if misses++; misses > 1 { // after one miss it may have just ended in this process
				return s, err
			}
		case !errors.Is(err, errUnanswered):
			return s, err
		}
	}
}

var (
	errUnanswered = errors.New("the request for a snapshot is not answered yet")
	errMissing    = errors.New("the request for a snapshot was refused")
)

// answer returns the snapshot if another process has answered the request.
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

// missing reports whether the request still waits, or why it was refused.
func (n *Publication) missing(ctx context.Context) error {
	waits, err := n.publisher.store.Publication.Requested(ctx, n.organization)
	switch {
	case err == nil && waits.ID == n.request:
		return errUnanswered
	case err != nil && !errors.Is(err, database.ErrNotFound):
		return err
	}
	if doubt := n.publisher.watcher.Doubt(ctx, n.organization); doubt != nil {
		return doubt
	}
	return errMissing
}

// serve makes sure that a goroutine makes the requested generations of an organization.
func (p *Publisher) serve(organization string) {
	if !p.publications.serve(organization) {
		return // the serving goroutine looks again
	}
	go func() {
		for more := true; more; more = p.publications.more(organization) {
			if err := p.answerAll(p.life, organization); err != nil && !elsewhere(err) {
				p.publications.endAll(organization, err)
			}
		}
	}()
}

// answerAll makes generations until none is requested or none can begin.
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

// answer makes the requested generation and tells those who wait. more is false in doubt, when no
// other generation is tried. An error ends the work.
func (h *Hold) answer(ctx context.Context, r publication.Request) (more bool, err error) {
	s, err := h.publish(ctx, r)
	var failed error
	switch {
	case errors.Is(err, publication.ErrChanged):
		return true, nil // a caller with other wishes joined it: read it again
	case ended(ctx) != nil: // the next start finishes it
		return false, ended(ctx)
	case left(err):
		return false, err
	case errors.Is(err, watch.ErrDoubt):
		failed = h.store.Publication.Refuse(ctx, h.organization, r)
	case err != nil: // without withdrawing it would be tried forever
		failed = h.store.Publication.Withdraw(ctx, h.organization, r)
	default:
		if err := h.retire(ctx); err != nil { // the snapshot is published all the same
			h.log.ErrorContext(ctx, "retiring old snapshots failed", "error", err)
		}
	}
	h.publications.end(r.ID, s, errors.Join(err, failed))
	return !errors.Is(err, watch.ErrDoubt), failed
}

// publish makes the requested generation. It first finishes one that a crash left, which began
// before the request.
func (h *Hold) publish(ctx context.Context, r publication.Request) (s publication.Snapshot, err error) {
	for resumed := true; resumed && ended(ctx) == nil && !left(err); {
		s, resumed, err = h.generate(ctx, r)
	}
	if err == nil {
		err = ended(ctx)
	}
	return s, err
}

// Publish makes a generation for the owner of the Hold, and returns its snapshot.
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

// Progress is how much of a generation is complete.
type Progress struct {
	// Ranges is how many of Total ranges are complete.
	Ranges, Total int
	// Devices is how many devices the complete ranges have.
	Devices int64
}

// Progress reads the progress of a generation from its completed ranges.
func (p *Publisher) Progress(ctx context.Context, organization string,
	g publication.Generation) (done Progress, err error) {
	pinned, err := merge.ReadPin(g)
	if err != nil {
		return done, err
	}
	done.Total = len(pinned.Ranges)
	now, err := p.store.Publication.Standing(ctx, organization, g.Number)
	done.Ranges, done.Devices = now.Complete, now.Devices
	return done, err
}
