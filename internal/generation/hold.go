package generation

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Periods of leases.
const (
	// renewEvery is how often a lease is renewed while work goes on.
	renewEvery = publication.LeaseTime / 4
	// retryHeld is how often a process asks for a lease that another one holds.
	retryHeld = time.Second
	// releaseTime is the longest time that releasing a lease may take.
	releaseTime = 5 * time.Second
)

// Hold is the right to work on the generations and files of an organization. One goroutine of all
// processes has it at a time, and must call Release.
type Hold struct {
	*Publisher
	organization string
	lease        *publication.Lease
	stop         func() // ends the context of the hold
	renewing     sync.WaitGroup
}

// Hold waits until no other goroutine of this process, and no other process by its lease, works on
// the organization. The context that it returns ends with ctx, when the Publisher stops, and when
// another process takes the lease; its cause says which.
func (p *Publisher) Hold(ctx context.Context, organization string) (*Hold, context.Context, error) {
	return p.hold(ctx, organization, false)
}

// hold is Hold. If anew is set and other owners are known to be dead, it ends their leases at once.
func (p *Publisher) hold(ctx context.Context, organization string, anew bool) (*Hold, context.Context, error) {
	if err := p.holds.enter(); err != nil {
		return nil, nil, err
	}
	turn := p.holds.turn(organization)
	select {
	case turn <- struct{}{}:
	case <-ctx.Done():
		p.holds.all.Done()
		return nil, nil, fmt.Errorf("waiting for other work on organization %q: %w", organization, ctx.Err())
	}
	held, stop := context.WithCancelCause(ctx)
	unhook := context.AfterFunc(p.life, func() { stop(ErrClosed) })
	h := &Hold{Publisher: p, organization: organization, stop: func() { unhook(); stop(nil) }}
	taken := false
	defer func() {
		if !taken {
			h.leave()
		}
	}()
	if err := h.take(held, anew); err != nil {
		return nil, nil, err
	}
	taken = true
	h.renewing.Go(func() { h.renew(held, stop) })
	return h, held, nil
}

// take takes the lease as soon as it is free.
func (h *Hold) take(ctx context.Context, anew bool) (err error) {
	if !h.holds.begun(h.organization) {
		anew = true
	}
	if anew && h.alone {
		if err := errors.Join(h.store.Publication.EndLease(ctx, h.organization),
			h.store.Workers.End(ctx, h.member.ID())); err != nil {
			return err
		}
	}
	owner := uuid.NewString()
	h.trace("take lease")
	store := h.store.Publication
	for h.lease, err = store.TakeLease(ctx, h.organization, owner); errors.Is(err, publication.ErrHeld); {
		if waiting := awaitFree(ctx, store, h.organization); waiting != nil {
			return errors.Join(err, waiting)
		}
		h.lease, err = store.TakeLease(ctx, h.organization, owner)
	}
	return err
}

// awaitFree waits until nobody holds the lease on an organization. It only reads: taking a lease locks
// the organization, which would hold up reports.
func awaitFree(ctx context.Context, store *publication.Store, organization string) error {
	for {
		if err := sleep(ctx, retryHeld); err != nil {
			return err
		}
		if held, err := publication.Held(ctx, store, organization); err != nil || !held {
			return err
		}
	}
}

// renew renews the lease until ctx ends, and ends ctx when the lease is lost. A renewal that fails
// for another reason, such as a full disk, is tried again.
func (h *Hold) renew(ctx context.Context, stop context.CancelCauseFunc) {
	renew := func(ctx context.Context) error {
		h.trace("renew")
		return h.lease.Renew(ctx)
	}
	if lost := database.Keep(ctx, renewEvery, renew, publication.ErrLost, func(err error) {
		h.log.WarnContext(ctx, "renewing a lease failed", "organization", h.organization, "error", err)
	}); lost != nil {
		stop(lost)
	}
}

// Release lets others work on the organization.
func (h *Hold) Release() {
	h.stop()
	h.renewing.Wait()
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	if err := h.lease.Release(ctx); err != nil { // the lease expires
		h.log.WarnContext(ctx, "releasing a lease failed", "organization", h.organization, "error", err)
	}
	h.leave()
}

// leave releases what a Hold has besides its lease.
func (h *Hold) leave() {
	h.stop()
	<-h.holds.turn(h.organization)
	h.holds.all.Done()
}

// Lease returns the lease, through which the owner changes the store.
func (h *Hold) Lease() *publication.Lease { return h.lease }
