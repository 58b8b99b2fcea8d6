package generation

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/google/uuid"
	"golang.org/x/sync/errgroup"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// makeRanges makes the ranges that are not complete yet, on all cores, and returns all ranges in
// order.
func (r *run) makeRanges(ctx context.Context) ([]*snapshot.Made, error) {
	results := make([]*snapshot.Made, len(r.pin.Ranges))
	missing, err := r.completed(ctx, results)
	if err != nil {
		return nil, err
	}
	all := jobs(r.pin.Ranges, missing)
	todo := make(chan []int, len(all))
	for _, job := range all {
		todo <- job
	}
	close(todo)
	group, ctx := errgroup.WithContext(ctx)
	for range min(r.workers, len(all)) {
		group.Go(func() error { return r.work(ctx, todo, results) })
	}
	return results, group.Wait()
}

// work makes ranges in one of the slots that all organizations share. While others wait for a
// slot, it releases its slot and its worker after each job.
func (r *run) work(ctx context.Context, todo <-chan []int, results []*snapshot.Made) error {
	var w *worker
	leave := func() {
		if w != nil {
			w.close()
			w = nil
			r.slots.Leave(r.organization)
		}
	}
	defer leave()
	for job := range todo {
		if w == nil {
			if err := r.slots.Enter(ctx, r.organization, "", 1); err != nil {
				return err
			}
			w = r.worker()
		}
		if err := w.do(ctx, job, results); err != nil {
			return err
		}
		if r.slots.Busy() {
			leave()
		}
	}
	return nil
}

// completed fills in the ranges that were completed before a crash, and returns the numbers of the
// others.
func (r *run) completed(ctx context.Context, results []*snapshot.Made) (missing []int, err error) {
	completions, err := r.store.Publication.Completions(ctx, r.organization, r.number)
	if err != nil {
		return nil, fmt.Errorf("listing complete ranges: %w", err)
	}
	for i := range results {
		data, ok := completions[i]
		if !ok {
			missing = append(missing, i)
			continue
		}
		if results[i], err = r.reader.Made(data); err != nil {
			return nil, fmt.Errorf("reading range %d: %w", i, err)
		}
		if results[i].Outdated() {
			return nil, errOutdated
		}
	}
	return missing, nil
}

// do makes the ranges of a job, each by its own attempt, and completes them together. The first
// attempt to complete a range wins, and its files are the result.
func (w *worker) do(ctx context.Context, job []int, results []*snapshot.Made) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	r := w.run
	attempts := make([]publication.Attempt, len(job))
	for n, i := range job {
		attempts[n] = publication.Attempt{ID: uuid.NewString(), Range: i}
	}
	r.trace("start job")
	if err := r.lease.StartAttempts(ctx, r.number, r.clock(), attempts...); err != nil {
		return fmt.Errorf("starting ranges: %w", err)
	}
	outcomes, err := w.attempt(ctx, attempts, results)
	if err != nil {
		return err
	}
	r.trace("complete job")
	won, err := r.lease.Complete(ctx, r.number, outcomes...)
	if err != nil {
		return fmt.Errorf("completing ranges: %w", err)
	}
	for n, i := range job {
		if !won[n] {
			if results[i], err = r.winner(ctx, i); err != nil {
				return err
			}
		}
	}
	return nil
}

// attempt makes the files of the attempts' ranges durable.
func (w *worker) attempt(ctx context.Context, attempts []publication.Attempt,
	results []*snapshot.Made) ([]publication.Outcome, error) {
	batch := w.run.files.NewBatch()
	outcomes := make([]publication.Outcome, len(attempts))
	for n, a := range attempts {
		made, err := w.merge(ctx, batch, w.run.pin.Ranges[a.Range], w.run.naming(a.Range, a.ID))
		if err != nil {
			return nil, fmt.Errorf("making range %d: %w", a.Range, err)
		}
		result, err := json.Marshal(made)
		if err != nil {
			return nil, fmt.Errorf("encoding range %d: %w", a.Range, err)
		}
		results[a.Range], outcomes[n] = made, publication.Outcome{Attempt: a, Result: result, Devices: made.Devices}
	}
	return outcomes, batch.Sync()
}

// winner returns the result of the attempt that completed range i first.
func (r *run) winner(ctx context.Context, i int) (*snapshot.Made, error) {
	completions, err := r.store.Publication.Completions(ctx, r.organization, r.number)
	if err != nil {
		return nil, fmt.Errorf("listing complete ranges: %w", err)
	}
	made, err := r.reader.Made(completions[i])
	if err != nil {
		return nil, fmt.Errorf("range %d was lost to another attempt, whose result cannot be read: %w", i, err)
	}
	return made, nil
}
