package notify

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// keepNotices is how long a notice is kept after it was sent or given up.
const keepNotices = 30 * 24 * time.Hour

// Owes reports whether a round has something to do. It only reads.
func (n *Notifier) Owes(ctx context.Context) (bool, error) {
	owing, err := n.owing(ctx)
	if err != nil || len(owing) > 0 {
		return len(owing) > 0, err
	}
	all, err := n.Store.Notified.Organizations(ctx)
	if err != nil {
		return false, err
	}
	for _, org := range all {
		if n.waits(org) {
			continue
		}
		step, err := n.next(ctx, org)
		if err != nil || step != nil {
			return step != nil, err
		}
	}
	return false, nil
}

// Round makes the notices of all snapshots that were published, and sends what is due. An organization of which that
// fails holds up no other.
func (n *Notifier) Round(ctx context.Context) error {
	err := n.DeriveAll(ctx)
	return errors.Join(err, n.Send(ctx))
}

// DeriveAll makes the notices of all organizations.
func (n *Notifier) DeriveAll(ctx context.Context) error {
	all, err := n.Store.Notified.Organizations(ctx)
	for _, org := range all {
		if ctx.Err() != nil {
			return errors.Join(err, ctx.Err())
		}
		if n.waits(org) {
			continue
		}
		failed := n.Derive(ctx, org)
		n.note(org, failed)
		if failed != nil {
			err = errors.Join(err, fmt.Errorf("making the notices of organization %q: %w", org, failed))
		}
	}
	return err
}

// waits reports whether the notices of an organization could not be made a moment ago.
func (n *Notifier) waits(org string) bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.Clock().Before(n.failing[org].until)
}

// note notes whether the notices of an organization could be made.
func (n *Notifier) note(org string, err error) {
	n.mu.Lock()
	defer n.mu.Unlock()
	if err == nil {
		delete(n.failing, org)
		return
	}
	f := n.failing[org]
	n.failing[org] = failure{f.times + 1, n.Clock().Add(backOff(f.times))}
}

// Prune removes what was sent or given up long ago.
func (n *Notifier) Prune(ctx context.Context) error {
	return n.Store.Notified.Prune(ctx, n.Clock().Add(-keepNotices))
}
