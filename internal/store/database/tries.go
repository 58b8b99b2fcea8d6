package database

import (
	"context"
	"math/rand/v2"
	"time"
)

const (
	// maxConflicts is how often a transaction runs again because others are in its way.
	maxConflicts = 20
	// firstPause is the pause before it runs again the first time. Each one is at most twice as long as
	// the one before, and at most maxPause.
	firstPause = 10 * time.Millisecond
	maxPause   = time.Second
	// patience is how long pauses are in all while a database does not answer: a restart takes seconds,
	// a fail-over some more.
	patience = 30 * time.Second
)

// tries counts how often something ran.
type tries struct {
	conflicts int
	pauses    int
	waited    time.Duration
}

// again waits and reports whether what failed may run again. It may not when ctx has ended.
func (t *tries) again(ctx context.Context, why failure) bool {
	switch why {
	case conflicted:
		t.conflicts++
		if t.conflicts > maxConflicts {
			return false
		}
	case lost:
		if t.waited >= patience {
			return false
		}
	default:
		return false
	}
	return t.pause(ctx)
}

// pause waits for a random time, so that those who were in each other's way are not again.
func (t *tries) pause(ctx context.Context) bool {
	most := min(maxPause, firstPause<<min(t.pauses, 10))
	pause := most/2 + rand.N(most/2)
	t.pauses, t.waited = t.pauses+1, t.waited+pause
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return false
	case <-timer.C:
		return true
	}
}

// ended returns the error of a context that has ended, in place of what followed from it.
func ended(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	return err
}
