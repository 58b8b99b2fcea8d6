package generation

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// ErrClosed: the Publisher is closed.
var ErrClosed = fmt.Errorf("no more snapshots are made, the program stops: %w", context.Canceled)

// holds are the turns of this process's goroutines, by organization, and counts
// who has one.
type holds struct {
	mu     sync.Mutex
	turns  map[string]chan struct{}
	first  map[string]bool // organizations of which the leases of dead owners were ended
	closed bool
	all    sync.WaitGroup
}

// turn is the place of an organization that one goroutine has at a time.
func (h *holds) turn(organization string) chan struct{} {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.turns[organization] == nil {
		h.turns[organization] = make(chan struct{}, 1)
	}
	return h.turns[organization]
}

// enter counts one more who works, until the Publisher is closed.
func (h *holds) enter() error {
	h.mu.Lock()
	defer h.mu.Unlock()
	if h.closed {
		return ErrClosed
	}
	h.all.Add(1)
	return nil
}

// close keeps others from entering.
func (h *holds) close() {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.closed = true
}

// begun tells whether an organization was held before, and from then on it was.
func (h *holds) begun(organization string) bool {
	h.mu.Lock()
	defer h.mu.Unlock()
	before := h.first[organization]
	h.first[organization] = true
	return before
}

// ended is why a context has ended; nil while it has not.
func ended(ctx context.Context) error { return context.Cause(ctx) }

// sleep waits for a while, or until ctx ends, whose error it returns then.
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
