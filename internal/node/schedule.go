package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/store/intelligence"
)

// Schedule holds the intervals of a server's tasks; 0 is never.
type Schedule struct {
	Snapshots, Feeds, Verify time.Duration
	// Rate is the read rate of verifying, in bytes a second.
	Rate int64
}

// maintainEvery is the interval of checking the clock, retiring, and rotating keys.
const maintainEvery = time.Hour

// settling is the longest time from the start to the first verification.
const settling = 10 * time.Minute

// lookEvery is the interval of looking for requests to publish that are not answered, and for
// generations that no process works on any more.
const lookEvery = time.Minute

// start runs due tasks until ctx ends; first it resumes what was interrupted. Errors of a
// task are logged, and the task runs again when it is due next.
func (s Schedule) start(ctx context.Context, f *Folder) (tasks *sync.WaitGroup) {
	tasks = new(sync.WaitGroup)
	tasks.Go(func() {
		f.task("resuming feeds", f.Library.Resume)(ctx)
		f.task("resuming", f.Publisher.Start)(ctx)
		s.run(ctx, f, tasks)
	})
	return tasks
}

// run runs due tasks until ctx ends.
func (s Schedule) run(ctx context.Context, f *Folder, tasks *sync.WaitGroup) {
	every := func(first, interval time.Duration, name string, do func(context.Context) error) {
		tasks.Go(func() { repeat(ctx, first, interval, f.task(name, do)) })
	}
	every(maintainEvery, maintainEvery, "checking the clock and retiring", f.Publisher.Tend)
	every(maintainEvery, maintainEvery, "maintaining keys", f.keys.Maintain)
	every(lookEvery, lookEvery, "looking for requests to publish", f.Publisher.GoOn)
	if s.Feeds > 0 {
		every(0, s.Feeds, "fetching feeds", f.refresh)
	}
	if s.Verify > 0 {
		every(min(s.Verify, settling), s.Verify, "verifying", f.verify(s.Rate))
	}
	if s.Snapshots > 0 {
		every(f.Publisher.Next(ctx, s.Snapshots), s.Snapshots, "making a snapshot", f.Publisher.PublishAll)
	}
}

// repeat calls a task after a first wait, and then at an interval.
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

// task returns a task that logs its error.
func (f *Folder) task(name string, do func(context.Context) error) func(context.Context) {
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

// refresh fetches the feeds that were fetched before.
func (f *Folder) refresh(ctx context.Context) error {
	done, number, err := f.Library.Refresh(ctx, nil, false)
	if err == nil && number != 0 {
		var built intelligence.Build
		if built, err = f.Library.Wait(ctx, number); err == nil && built.State == intelligence.BuildFailed {
			err = fmt.Errorf("building the catalog: %s", built.Failure)
		}
	}
	for _, r := range done {
		if r.Err != nil {
			err = errors.Join(err, r.Err)
			continue
		}
		f.log.InfoContext(ctx, "feed fetched", "kind", r.Feed.Kind, "name", r.Feed.Name, "records", r.Feed.Records,
			"unchanged", r.Unchanged)
	}
	return err
}

// verify returns a task that verifies everything, at a number of bytes a second. The
// publisher logs what is wrong.
func (f *Folder) verify(rate int64) func(context.Context) error {
	return func(ctx context.Context) error {
		found, err := f.Verifier.VerifyAll(ctx, paced(rate))
		if err == nil {
			f.log.InfoContext(ctx, "everything was verified", "problems", found.Sum())
		}
		return err
	}
}

// paced returns a function that waits for as long as reading takes at the rate.
func paced(rate int64) func(ctx context.Context, bytes int64) error {
	return func(ctx context.Context, bytes int64) error {
		timer := time.NewTimer(time.Duration(float64(bytes) / float64(rate) * float64(time.Second)))
		defer timer.Stop()
		select {
		case <-timer.C:
			return nil
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}
