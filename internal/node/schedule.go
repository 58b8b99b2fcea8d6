package node

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store"
)

// Schedule says what a server does by itself, and how often; 0 is never.
type Schedule struct {
	Snapshots, Feeds, Verify time.Duration
	// Rate is how fast everything is verified, in bytes a second.
	Rate int64
}

// maintainEvery is how often the clock is looked at, and keys are looked after.
const maintainEvery = time.Hour

// settling is how long after its start a server verifies first, at most.
const settling = 10 * time.Minute

// start does what is due until ctx ends, and before all else brings the folder
// in order; resumed is closed then. What a task reports is logged; it is tried
// again when it is due next.
func (s Schedule) start(ctx context.Context, f *Folder) (tasks *sync.WaitGroup, resumed <-chan struct{}) {
	tasks, ready := new(sync.WaitGroup), make(chan struct{})
	tasks.Go(func() {
		f.task("resuming", f.Publisher.Start)(ctx)
		close(ready)
		s.run(ctx, f, tasks)
	})
	return tasks, ready
}

// run does what is due until ctx ends.
func (s Schedule) run(ctx context.Context, f *Folder, tasks *sync.WaitGroup) {
	tasks.Go(func() {
		watch, keys := f.task("looking at the clock", f.watch), f.task("looking after keys", f.keys.Maintain)
		repeat(ctx, maintainEvery, maintainEvery, func(ctx context.Context) { watch(ctx); keys(ctx) })
	})
	if s.Feeds > 0 {
		tasks.Go(func() { repeat(ctx, 0, s.Feeds, f.task("fetching feeds", f.refresh)) })
	}
	if s.Verify > 0 {
		tasks.Go(func() { repeat(ctx, min(s.Verify, settling), s.Verify, f.task("verifying", f.verify(s.Rate))) })
	}
	if s.Snapshots > 0 {
		tasks.Go(func() {
			repeat(ctx, f.untilNext(ctx, s.Snapshots), s.Snapshots, f.task("making a snapshot", f.publish))
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

// each does something for every organization, whatever became of the others.
func (f *Folder) each(ctx context.Context, do func(context.Context, store.Organization) error) error {
	all, err := f.Store.Organizations(ctx)
	for _, o := range all {
		if failed := do(ctx, o); failed != nil {
			err = errors.Join(err, fmt.Errorf("organization %q: %w", o.ID, failed))
		}
	}
	return err
}

// watch looks at the clock for every organization, and makes the snapshot that
// was due while it was in doubt. What is in doubt the publisher logs when it
// begins and ends.
func (f *Folder) watch(ctx context.Context) error {
	return f.each(ctx, func(ctx context.Context, o store.Organization) error {
		err := f.Publisher.Watch(ctx, o.ID)
		if errors.Is(err, generation.ErrDoubt) {
			return nil
		}
		if _, due := f.overdue.Load(o.ID); err != nil || !due {
			return err
		}
		return f.publishOne(ctx, o)
	})
}

// publish makes the next snapshot of every organization, one after the other:
// each uses all cores.
func (f *Folder) publish(ctx context.Context) error { return f.each(ctx, f.publishOne) }

func (f *Folder) publishOne(ctx context.Context, o store.Organization) error {
	made, err := f.Publisher.Publish(ctx, o.ID).Wait(ctx)
	if errors.Is(err, generation.ErrDoubt) {
		f.overdue.Store(o.ID, true)
	}
	if err != nil {
		return err
	}
	f.overdue.Delete(o.ID)
	f.log.InfoContext(ctx, "snapshot published", "organization", o.ID, "number", made.Number, "generated", made.Generated,
		"duration", made.Generated.Sub(made.Begun))
	return nil
}

// refresh fetches the feeds that were fetched before.
func (f *Folder) refresh(ctx context.Context) error {
	done, _, err := f.Library.Refresh(ctx, nil, false)
	for _, r := range done {
		if r.Err != nil {
			err = errors.Join(err, r.Err)
			continue
		}
		f.log.InfoContext(ctx, "feed fetched", "kind", r.Feed.Kind, "name", r.Feed.Name, "records", r.Feed.Records, "unchanged", r.Unchanged)
	}
	return err
}

// verify proves what is kept, at so many bytes a second. What is wrong is
// logged by the publisher.
func (f *Folder) verify(rate int64) func(context.Context) error {
	return func(ctx context.Context) error {
		found, err := f.Verifier.VerifyAll(ctx, paced(rate))
		if err == nil {
			f.log.InfoContext(ctx, "everything was verified", "problems", found.Sum())
		}
		return err
	}
}

// paced waits for as long as reading takes at so many bytes a second.
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

// untilNext is when the first snapshot is due: at once where an organization
// has none or its reports wait, else an interval after the oldest of the newest.
func (f *Folder) untilNext(ctx context.Context, interval time.Duration) time.Duration {
	wait := interval
	err := f.each(ctx, func(ctx context.Context, o store.Organization) error {
		newest, err := f.Store.Latest(ctx, o.ID)
		if err != nil {
			return err
		}
		made, err := f.Store.Generation(ctx, o.ID, newest.Number)
		if err != nil {
			return err
		}
		if o.Revision > made.Revision {
			wait = 0
		}
		wait = min(wait, time.Until(newest.Begun.Add(interval)))
		return nil
	})
	if err != nil {
		return 0
	}
	return max(0, wait)
}

// inOrder lets requests for a snapshot wait until the folder is in order. All
// others are served meanwhile.
func inOrder(next http.Handler, resumed <-chan struct{}) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodPost && r.URL.Path == "/v1/generations" {
			select {
			case <-resumed:
			case <-r.Context().Done():
			}
		}
		next.ServeHTTP(w, r)
	})
}
