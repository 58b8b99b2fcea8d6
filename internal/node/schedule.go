package node

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	"github.com/muster-project/muster/internal/intel/library"
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

const (
	// lookEvery is the interval of looking for requests to publish that are not answered, and for
	// generations that no process works on any more.
	lookEvery = time.Minute
	// takeEvery is the same where there are other nodes: the work of one that died is taken over
	// publication.LeaseTime and this time later at the latest.
	takeEvery = 3 * time.Second
	// keysEvery is the interval of reading the keys that other nodes have made; settleKeys is how long
	// such keys only check.
	keysEvery  = 15 * time.Second
	settleKeys = 2 * time.Minute
)

// start runs due tasks until ctx ends; first it resumes what was interrupted. Errors of a
// task are logged, and the task runs again when it is due next.
func (s Schedule) start(ctx context.Context, n *Node) (tasks *sync.WaitGroup) {
	tasks = new(sync.WaitGroup)
	tasks.Go(func() {
		if !n.shared {
			n.task("resuming feeds", n.Library.Resume)(ctx)
		}
		n.task("resuming", n.Publisher.Start)(ctx)
		n.task("taking ranges to make", takeJobs(n.queue))(ctx)
		s.run(ctx, n, tasks)
	})
	return tasks
}

// run runs due tasks until ctx ends.
func (s Schedule) run(ctx context.Context, n *Node, tasks *sync.WaitGroup) {
	every := func(first, interval time.Duration, name string, do func(context.Context) error) {
		tasks.Go(func() { repeat(ctx, first, interval, n.task(name, do)) })
	}
	every(maintainEvery, maintainEvery, "checking the clock and retiring", n.Publisher.Tend)
	every(maintainEvery, maintainEvery, "maintaining keys", n.keys.Maintain)
	every(0, noticesEvery, "sending notices", n.notices)
	every(0, aheadEvery, "reading a new snapshot", func(ctx context.Context) error { return ReadAhead(ctx, n) })
	every(maintainEvery, maintainEvery, "removing old notices", n.pruneNotices)
	chore := func(first, interval time.Duration, task, name string, do func(context.Context) (string, error)) {
		if n.shared {
			every(first, min(interval, takeEvery), task, n.inTurn(name, interval, do))
			return
		}
		every(first, interval, task, func(ctx context.Context) error { _, err := do(ctx); return err })
	}
	if n.shared {
		every(takeEvery, takeEvery, "looking for requests to publish", n.Publisher.GoOn)
		every(takeEvery, takeEvery, "looking for builds of the catalog",
			func(ctx context.Context) error { return library.GoOn(ctx, n.Library) })
		every(keysEvery, keysEvery, "reading keys", n.keys.Reload)
		every(0, lookEvery, "reading what was verified", n.learnVerified)
		every(maintainEvery, maintainEvery, "forgetting pulls", n.forgetPulls)
	} else {
		every(lookEvery, lookEvery, "looking for requests to publish", n.Publisher.GoOn)
	}
	if n.bucket != nil {
		chore(0, sweepEvery, "sweeping object storage", choreSweep, plainly(n.sweep))
	}
	if s.Feeds > 0 {
		chore(0, s.Feeds, "fetching feeds", choreFeeds, plainly(n.refresh))
	}
	if s.Verify > 0 {
		chore(min(s.Verify, settling), s.Verify, "verifying", choreVerify, n.verify(s.Rate))
	}
	switch {
	case s.Snapshots > 0 && n.shared:
		every(0, min(s.Snapshots, lookEvery), "making snapshots that are due", func(ctx context.Context) error {
			return n.Publisher.PublishDue(ctx, s.Snapshots)
		})
	case s.Snapshots > 0:
		wait := n.Publisher.Next(ctx, s.Snapshots)
		n.snapshots.first.Store(time.Now().Add(wait).UnixNano())
		every(wait, s.Snapshots, "making a snapshot", n.Publisher.PublishAll)
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
func (n *Node) task(name string, do func(context.Context) error) func(context.Context) {
	return func(ctx context.Context) {
		begun := time.Now()
		err := do(ctx)
		switch {
		case ctx.Err() != nil:
		case err != nil:
			n.log.ErrorContext(ctx, "task failed", "task", name, "error", err)
		default:
			n.log.DebugContext(ctx, "task done", "task", name, "duration", time.Since(begun))
		}
	}
}

// refresh fetches the feeds that were fetched before.
func (n *Node) refresh(ctx context.Context) error {
	done, number, err := n.Library.Refresh(ctx, nil, false)
	if err == nil && number != 0 {
		var built intelligence.Build
		if built, err = n.Library.Wait(ctx, number); err == nil && built.State == intelligence.BuildFailed {
			err = fmt.Errorf("building the catalog: %s", built.Failure)
		}
	}
	for _, r := range done {
		if r.Err != nil {
			err = errors.Join(err, r.Err)
			continue
		}
		n.log.InfoContext(ctx, "feed fetched", "kind", r.Feed.Kind, "name", r.Feed.Name, "records", r.Feed.Records,
			"unchanged", r.Unchanged)
	}
	return err
}
