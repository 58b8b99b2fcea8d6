package generation

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// ErrClosed means that the Publisher is closed.
var ErrClosed = fmt.Errorf("the program is stopping, no more snapshots are made: %w", context.Canceled)

// holds are the turns of this process's goroutines, by organization. It also counts the goroutines
// that have a turn.
type holds struct {
	mu     sync.Mutex
	turns  map[string]chan struct{}
	first  map[string]bool // organizations that were held before, so that leases of dead owners were ended
	closed bool
	all    sync.WaitGroup
}

// turn returns the turn of an organization, which one goroutine has at a time: a channel of one
// element.
func (h *holds) turn(organization string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.turns[organization] == nil {
		h.turns[organization] = make(chan struct{}, 1)
	}
	return h.turns[organization]
}

// enter counts one more goroutine, or returns ErrClosed.
func (h *holds) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	h.all.Add(1)
	return nil
}

// close makes enter return ErrClosed.
func (h *holds) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}

// begun reports whether an organization was held before, and marks it as held.
func (h *holds) begun(organization string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.first[organization]
	h.first[organization] = true
	return before
}

type generationKey struct {
	organization string
	number       int64
}

// versions remembers since when there is nobody who can make a generation.
type versions struct {
	mu    sync.Mutex
	since map[generationKey]time.Time
}

// nobody returns since when nobody can make a generation, and remembers it.
func (v *versions) nobody(key generationKey, now time.Time) time.Time {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.since == nil {
		v.since = map[generationKey]time.Time{}
	}
	if v.since[key].IsZero() {
		v.since[key] = now
	}
	return v.since[key]
}

func (v *versions) somebody(key generationKey) {
	v.mu.Lock()
	defer v.mu.Unlock()
	delete(v.since, key)
}

// ended returns why a context has ended, nil while it has not.
func ended(ctx context.Context) error { return context.Cause(ctx) }

// sleep waits for d. If ctx ends first, it returns the error of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}
