package generation

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// abandonTime is the longest time that abandoning attempts may take.
const abandonTime = 5 * time.Second

// errUntold: the attempts ended, and the database could not be told. They end with their worker.
var errUntold = errors.New("the database does not know that the attempts ended")

// errLate: the attempts took so long that others have removed their files.
var errLate = errors.New("others have made the ranges meanwhile")

// making is how this process makes ranges of one generation: all its jobs share it.
type making struct {
	*base
	*merge.Run
	life context.Context // ends when nobody wants the ranges any more
	end  context.CancelCauseFunc
	rung chan struct{} // has an element if a range was made or has failed

	mu      sync.Mutex
	jobs    sync.WaitGroup
	users   int                    // jobs, and who conducts
	made    map[int]*snapshot.Made // by attempts that have won
	taken   map[int]bool           // ranges of running jobs
	failure error                  // the first
	idle    []*merge.Worker        // between two jobs
}

func newMaking(b *base, r *merge.Run) *making {
	m := &making{base: b, Run: r, rung: make(chan struct{}, 1), made: map[int]*snapshot.Made{}, taken: map[int]bool{}}
	m.life, m.end = context.WithCancelCause(context.Background())
	return m
}

// do makes those ranges that are not complete and that nobody else is making, each by its own attempt,
// and completes them together. The first attempt to complete a range wins, and its files are the
// result. If the generation has ended, do does nothing.
func (m *making) do(ctx context.Context, member *publication.Worker, ranges []int) error {
	ranges = m.take(ranges)
	defer m.give(ranges)
	if err := ctx.Err(); err != nil || len(ranges) == 0 {
		return err
	}
	attempts := make([]publication.Attempt, len(ranges))
	for n, i := range ranges {
		attempts[n] = publication.Attempt{ID: uuid.NewString(), Range: i}
	}
	m.trace("start job")
	attempts, err := member.Start(ctx, m.Organization, m.Number, attempts...)
	switch {
	case errors.Is(err, publication.ErrNotRunning), err == nil && len(attempts) == 0:
		return nil
	case err != nil:
		return fmt.Errorf("starting ranges: %w", err)
	}
	results, outcomes, err := m.attempt(ctx, attempts)
	if err == nil {
		err = m.complete(ctx, member, results, outcomes)
	}
	if err != nil {
		return m.abandon(ctx, member, attempts, err)
	}
	return nil
}

// take returns those ranges that no other job of this process makes or has made, and reserves them.
func (m *making) take(ranges []int) []int {
	m.mu.Lock()
	defer m.mu.Unlock()
	var left []int
	for _, i := range ranges {
		if i >= 0 && i < len(m.Pin.Ranges) && m.made[i] == nil && !m.taken[i] {
			m.taken[i] = true
			left = append(left, i)
		}
	}
	return left
}

func (m *making) give(ranges []int) {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, i := range ranges {
		delete(m.taken, i)
	}
}

// attempt makes the files of the attempts' ranges durable.
func (m *making) attempt(ctx context.Context, attempts []publication.Attempt) (results []*snapshot.Made,
	outcomes []publication.Outcome, err error) {
	w := m.worker()
	defer m.rest(w)
	batch := m.files.NewBatch()
	for _, a := range attempts {
		made, err := w.Merge(ctx, batch, a.Range, a.ID)
		if err != nil {
			return nil, nil, fmt.Errorf("making range %d: %w", a.Range, err)
		}
		result, err := json.Marshal(made)
		if err != nil {
			return nil, nil, fmt.Errorf("encoding range %d: %w", a.Range, err)
		}
		results = append(results, made)
		outcomes = append(outcomes, publication.Outcome{Attempt: a, Result: result, Devices: made.Devices})
	}
	return results, outcomes, batch.Sync()
}

func (m *making) complete(ctx context.Context, member *publication.Worker, results []*snapshot.Made,
	outcomes []publication.Outcome) error {
	m.trace("complete job")
	won, err := member.Complete(ctx, m.Organization, m.Number, outcomes...)
	if errors.Is(err, database.ErrNotFound) {
		return errLate
	}
	if err != nil {
		return fmt.Errorf("completing ranges: %w", err)
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	for n, o := range outcomes {
		if won[n] {
			m.made[o.Range] = results[n]
		}
	}
	m.ring()
	return nil
}

// abandon ends attempts without a result. If err is no failure, they are handed back, to be made
// again. The error is then that of the context, ErrBuried, or nil.
func (m *making) abandon(ctx context.Context, member *publication.Worker, attempts []publication.Attempt,
	err error) error {
	var why publication.Failure
	late := errors.Is(err, errLate)
	if ctx.Err() == nil && !errors.Is(err, publication.ErrBuried) && !late && !unreachable(err) {
		why = crew.FailureOf(err)
	}
	abandoning, cancel := context.WithTimeout(context.WithoutCancel(ctx), abandonTime)
	defer cancel()
	if failed := member.Abandon(abandoning, m.Organization, m.Number, why, attempts...); failed != nil {
		m.Log.WarnContext(ctx, "abandoning ranges failed", "error", failed) // they end with the worker
		if unreachable(failed) || abandoning.Err() != nil {
			return fmt.Errorf("%w: %w", errUntold, err)
		}
	}
	if late {
		return nil
	}
	return err
}

// fail remembers the first failure.
func (m *making) fail(err error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.failure == nil {
		m.failure = err
	}
	m.ring()
}

func (m *making) ring() {
	select {
	case m.rung <- struct{}{}:
	default:
	}
}

// stand returns the first failure, and whether this process has made all ranges.
func (m *making) stand(ranges []int) (all bool, failure error) {
	m.mu.Lock()
	defer m.mu.Unlock()
	return !slices.ContainsFunc(ranges, func(i int) bool { return m.made[i] == nil }), m.failure
}

// worker returns an idle worker, or a new one.
func (m *making) worker() *merge.Worker {
	m.mu.Lock()
	defer m.mu.Unlock()
	if n := len(m.idle); n > 0 {
		w := m.idle[n-1]
		m.idle = m.idle[:n-1]
		return w
	}
	return m.Run.Worker()
}

func (m *making) rest(w *merge.Worker) {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.idle = append(m.idle, w)
}

// trim frees the memory of idle workers.
func (m *making) trim() {
	m.mu.Lock()
	defer m.mu.Unlock()
	for _, w := range m.idle {
		w.Close()
	}
	m.idle = nil
}
