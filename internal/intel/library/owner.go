package library

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Periods of the lease on feeds.
const (
	// renewEvery is how often it is renewed while work goes on.
	renewEvery = intelligence.LeaseTime / 4
	// retryHeld is how often a node asks for it while another one has it.
	retryHeld = time.Second
	// releaseTime is the longest time that releasing it may take.
	releaseTime = 5 * time.Second
)

// ownership is a node's right to change feeds and catalogs, where several share the store. All work of
// the node shares one lease; the last to end releases it.
type ownership struct {
	store *intelligence.Store
	tell  func(text string) // of renewals that fail

	taking sync.Mutex // held while the lease is taken or released
	mutex  sync.Mutex // guards the rest
	users  int
	lease  *intelligence.Lease
	held   context.Context // ends when the lease is lost or released; its cause says which
	stop   context.CancelCauseFunc
}

// errReleased is the cause of a lease's end that nobody needs any more.
var errReleased = errors.New("released")

// check is the guard of the store: without the lease nothing may change.
func (o *ownership) check(ctx context.Context, tx *sql.Tx) error {
	o.mutex.Lock()
	lease := o.lease
	o.mutex.Unlock()
	if lease == nil {
		return intelligence.ErrLost
	}
	return lease.Check(ctx, tx)
}

// take waits until no other node has the lease, takes it, or joins the node's own. fresh says that it was
// taken: what other nodes left unfinished is then nobody's. The context that it returns ends with ctx,
// or when the lease is lost. The caller must call release.
func (o *ownership) take(ctx context.Context) (held context.Context, fresh bool, release func(), err error) {
	o.taking.Lock()
	defer o.taking.Unlock()
	if o.users == 0 {
		if err := o.acquire(ctx); err != nil {
			return nil, false, nil, err
		}
		fresh = true
	}
	o.users++
	held, end := context.WithCancelCause(ctx)
	lost := o.held
	unhook := context.AfterFunc(lost, func() { end(context.Cause(lost)) })
	return held, fresh, func() {
		unhook()
		end(nil)
		o.leave()
	}, nil
}

// acquire takes the lease as soon as it is free, and renews it from then on. The caller holds taking.
func (o *ownership) acquire(ctx context.Context) error {
	owner := uuid.NewString()
	lease, err := intelligence.TakeLease(ctx, o.store, owner)
	for errors.Is(err, intelligence.ErrHeld) {
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(retryHeld):
		}
		lease, err = intelligence.TakeLease(ctx, o.store, owner)
	}
	if err != nil {
		return err
	}
	held, stop := context.WithCancelCause(context.Background())
	o.mutex.Lock()
	o.lease, o.held, o.stop = lease, held, stop
	o.mutex.Unlock()
	go o.keep(held, lease, stop)
	return nil
}

// keep renews a lease until it is released or lost.
func (o *ownership) keep(held context.Context, lease *intelligence.Lease, stop context.CancelCauseFunc) {
	if lost := database.Keep(held, renewEvery, lease.Renew, intelligence.ErrLost, func(err error) {
		o.tell(fmt.Sprintf("%v; it is tried again", err))
	}); lost != nil {
		o.tell(fmt.Sprintf("work on feeds is interrupted: %v", lost))
		stop(lost)
	}
}

// leave ends one use of the lease, and releases it after the last.
func (o *ownership) leave() {
	o.taking.Lock()
	defer o.taking.Unlock()
	if o.users--; o.users > 0 {
		return
	}
	o.stop(errReleased)
	o.mutex.Lock()
	lease := o.lease
	o.lease = nil
	o.mutex.Unlock()
	ctx, cancel := context.WithTimeout(context.Background(), releaseTime)
	defer cancel()
	_ = lease.Release(ctx) // else it ends by itself
}
