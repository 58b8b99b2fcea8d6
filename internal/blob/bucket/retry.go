package bucket

import (
	"context"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"sync/atomic"
	"time"
)

// retrier repeats requests that may work another time.
type retrier struct {
	teller
	patience time.Duration
	closed   atomic.Bool // after which nothing is asked
}

const (
	firstDelay   = 100 * time.Millisecond
	longestDelay = 5 * time.Second
)

// again makes a request until it works, fails for good, or patience ends. The error is the last
// one, explained.
func (s *retrier) again(ctx context.Context, request func() error) error {
	began := time.Now()
	for delay := firstDelay; ; delay = min(2*delay, longestDelay) {
		if err := ctx.Err(); err != nil {
			return err
		}
		if s.closed.Load() {
			return fmt.Errorf("%s: %w", s.place, fs.ErrClosed)
		}
		err := request()
		if err == nil || kindOf(err) != passing || ctx.Err() != nil ||
			s.patience < time.Second || time.Since(began)+delay > s.patience {
			return s.explain(ctx, err)
		}
		wait := time.NewTimer(delay/2 + rand.N(delay/2)) // so that many who failed together do not come together
		select {
		case <-wait.C:
		case <-ctx.Done():
			wait.Stop()
		}
	}
}
