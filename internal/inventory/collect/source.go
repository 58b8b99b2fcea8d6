package collect

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// How long collecting may take.
const (
	// DefaultTime is for the whole machine, unless Config sets another.
	DefaultTime = 5 * time.Minute
	// sourceShare: one source may take this fraction of the time, one in sourceShare.
	sourceShare = 4
	// grace is how long a source may take to end after it was told to. A source that takes longer
	// hangs in the system: a disk or a network does not answer.
	grace = time.Second
)

var (
	errSlow  = errors.New("it took too long")
	errOver  = errors.New("not read: the time for the whole machine is over")
	errHangs = errors.New("the system does not answer")
	errPanic = errors.New("the collector failed")
)

// within reads one source in a limited time, and protects the others from it: it runs in its own
// goroutine, which is abandoned if the system does not answer, and a panic becomes an error. read
// must not share its results before it returns.
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
