package collect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long collecting may take.
const (
	// DefaultTime is for the whole machine, where Config says nothing.
	DefaultTime = 5 * time.Minute
	// sourceShare is the part of it, one in so many, that one source may take.
	sourceShare = 4
	// grace is how long a source that was told to end may take to do so. What is
	// longer hangs in the system: a disk or a network that does not answer.
	grace = time.Second
)

var (
	errSlow  = errors.New("it took too long")
	errOver  = errors.New("not looked at: the time for the whole machine is over")
	errHangs = errors.New("the system does not answer")
	errPanic = errors.New("the collector failed")
)

// within reads one source, which may take so long, and must not do harm to the
// others: it has a goroutine of its own, which is left behind if the system does
// not answer it, and whose panic is an error. read keeps what it finds to itself
// until it returns.
func within[T any](ctx context.Context, longest time.Duration, read func(context.Context) (T, error)) (T, error) {
	var none T
	if ctx.Err() != nil {
		return none, context.Cause(ctx)
	}
	ctx, cancel := context.WithTimeoutCause(ctx, longest, fmt.Errorf("%w: more than %v", errSlow, longest))
	defer cancel()
	type result struct {
		value T
		err   error
	}
	results := make(chan result, 1)
	go func() {
		var r result
		defer func() {
			if p := recover(); p != nil {
				r = result{err: fmt.Errorf("%w: %v", errPanic, p)}
			}
			results <- r
		}()
		r.value, r.err = read(ctx)
	}()
	select {
	case r := <-results:
		return r.value, r.err
	case <-ctx.Done():
	}
	timer := time.NewTimer(grace)
	defer timer.Stop()
	select {
	case r := <-results:
		return r.value, r.err
	case <-timer.C:
		return none, fmt.Errorf("%w: %w", errHangs, context.Cause(ctx))
	}
}
