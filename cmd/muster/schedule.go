package main

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store"
)

// schedule says what a server does by itself, and how often; 0 is never.
type schedule struct {
	snapshots, feeds time.Duration
}

// start does what is due until ctx ends, and before all else brings the folder
// in order; resumed is closed then. What a task reports is logged; it is tried
// again when it is due next.
func (s schedule) start(ctx context.Context, f *folder) (tasks *sync.WaitGroup, resumed <-chan struct{}) {
	tasks, ready := new(sync.WaitGroup), make(chan struct{})
	tasks.Go(func() {
		f.task("resuming", f.resume)(ctx)
		close(ready)
		s.run(ctx, f, tasks)
	})
	return tasks, ready
}

// run does what is due until ctx ends.
func (s schedule) run(ctx context.Context, f *folder, tasks *sync.WaitGroup) {
	if s.feeds > 0 {
		tasks.Go(func() { repeat(ctx, 0, s.feeds, f.task("fetching feeds", f.refresh)) })
	}
	if s.snapshots > 0 {
		tasks.Go(func() {
			repeat(ctx, f.untilNext(ctx, s.snapshots), s.snapshots, f.task("making a snapshot", f.publish))
		})
	}
}

// repeat calls a task after a first wait, and then at every interval.
func repeat(ctx context.Context, first, interval time.Duration, task func(context.Context)) {
	timer := time.NewTimer(first)
	defer timer.Stop()
	for {
		select {
		case <-ctx.Done():
			return
		case <-timer.C:
			timer.Reset(interval)
			task(ctx)
		}
	}
}

// task logs what a task reports.
func (f *folder) task(name string, do func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		begun := time.Now()
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			f.log.ErrorContext(ctx, "task failed", "task", name, "error", err)
		default:
			f.log.DebugContext(ctx, "task done", "task", name, "duration", time.Since(begun))
		}
	}
}

// resume brings the folder in order after a stop of whatever kind.
func (f *folder) resume(ctx context.Context) error {
	return f.pipeline.Resume(ctx, store.DefaultOrganization)
}

// publish makes the next snapshot.
func (f *folder) publish(ctx context.Context) error {
	made, err := f.pipeline.Publish(ctx, store.DefaultOrganization, nil).Wait(ctx)
	if err != nil {
		return err
	}
	f.log.InfoContext(ctx, "snapshot published", "number", made.Number, "generated", made.Generated,
		"duration", made.Generated.Sub(made.Begun))
	return nil
}

// refresh fetches the feeds that were fetched before.
func (f *folder) refresh(ctx context.Context) error {
	done, _, err := f.pipeline.RefreshFeeds(ctx, nil, false)
	for _, r := range done {
		if r.Err != nil {
			err = errors.Join(err, r.Err)
			continue
		}
		f.log.InfoContext(ctx, "feed fetched", "kind", r.Feed.Kind, "name", r.Feed.Name, "records", r.Feed.Records, "unchanged", r.Unchanged)
	}
	return err
}

// untilNext is when the first snapshot is due: at once where there is none or
// reports wait, else an interval after the newest.
func (f *folder) untilNext(ctx context.Context, interval time.Duration) time.Duration {
	newest, err := f.store.Latest(ctx, store.DefaultOrganization)
	if err != nil {
		return 0
	}
	if waits, err := f.reportsWait(ctx, newest.Number); err != nil || waits {
		return 0
	}
	return max(0, time.Until(newest.Begun.Add(interval)))
}

// reportsWait tells whether a snapshot lacks reports.
func (f *folder) reportsWait(ctx context.Context, number int64) (bool, error) {
	made, err := f.store.Generation(ctx, store.DefaultOrganization, number)
	if err != nil {
		return false, err
	}
	all, err := f.store.Organizations(ctx)
	if err != nil {
		return false, err
	}
	for _, o := range all {
		if o.ID == store.DefaultOrganization {
			return o.Revision > made.Revision, nil
		}
	}
	return false, fmt.Errorf("organization %q: %w", store.DefaultOrganization, store.ErrNotFound)
}
