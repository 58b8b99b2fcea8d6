package library

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// Close ends running builds and waits for their end; the next start makes them again.
func (l *Library) Close() {
	l.builds.mutex.Lock()
	l.builds.closed = true
	l.builds.mutex.Unlock()
	l.builds.cancel()
	l.builds.running.Wait()
}

// begin makes a build in the background, unless it was made; number 0 is no build. The returned
// channel is closed when the build has ended, or will not be made.
func (l *Library) begin(number int64) <-chan struct{} {
	ended := make(chan struct{})
	b := &l.builds
	b.mutex.Lock()
	defer b.mutex.Unlock()
	if b.closed || number == 0 {
		close(ended)
		return ended
	}
	b.running.Go(func() {
		defer close(ended)
		l.build(b.ctx, number)
	})
	return ended
}

// Wait returns the result of a build when it has ended.
func (l *Library) Wait(ctx context.Context, number int64) (intelligence.Build, error) {
	select {
	case <-l.begin(number):
	case <-ctx.Done():
		return intelligence.Build{}, ctx.Err()
	}
	b, err := l.store.Build(ctx, number)
	if err == nil && b.Ended.IsZero() {
		err = fmt.Errorf("build %d was stopped; it continues at the next start", number)
	}
	return b, err
}

// settle waits for the builds that were asked for.
func (l *Library) settle(ctx context.Context) error {
	all, err := l.store.Builds(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.State == intelligence.BuildWaiting || b.State == intelligence.BuildRunning {
			select {
			case <-l.begin(b.Number):
			case <-ctx.Done():
				return ctx.Err()
			}
		}
	}
	return nil
}

// build makes a build, if it waits, and reports whether it ended. If another goroutine is making
// it, build returns when that one has finished; so it does if another node is.
func (l *Library) build(ctx context.Context, number int64) {
	ctx, release, err := own(ctx, l)
	if err != nil {
		return // stopped, or the database does not answer: GoOn, or the next start, makes it
	}
	defer release()
	l.building.Lock()
	defer func() { l.tellSweep(ctx, l.release(ctx)) }()
	l.trace("begin build")
	waits, err := l.store.BeginBuild(ctx, number, l.clock())
	if err != nil || !waits {
		return // already made, or left to the next start
	}
	b := intelligence.Build{Number: number, State: intelligence.BuildBuilt}
	var summary counts.Catalog
	b.Catalog, summary, err = l.merge(ctx)
	if ctx.Err() != nil {
		return // stopped: the next start makes it, and sweeps
	}
	if err != nil {
		b.State, b.Failure, b.Catalog = intelligence.BuildFailed, err.Error(), ""
	} else if text, err := json.Marshal(summary); err == nil {
		b.Summary = string(text)
	}
	// Sweep before the build ends: a caller that waits for it must find no old file.
	l.tellSweep(ctx, l.sweep(ctx))
	b.Ended = l.clock()
	l.trace("end build")
	if err := l.store.EndBuild(ctx, b); err != nil {
		l.tell(fmt.Sprintf("storing the result of build %d failed, so the next start makes it again: %v", number, err))
	}
}

// tellSweep reports a failed sweep, unless it was stopped.
func (l *Library) tellSweep(ctx context.Context, err error) {
	if err != nil && ctx.Err() == nil {
		l.tell(fmt.Sprintf("removing old files of feeds failed: %v", err))
	}
}

// rebuild asks for a build and makes it.
func (l *Library) rebuild(ctx context.Context) (intelligence.Build, error) {
	number, err := l.store.AskForBuild(ctx, l.clock())
	if err != nil {
		return intelligence.Build{}, err
	}
	return l.Wait(ctx, number)
}

// Resume restores order after a stop of any kind: it removes files that nothing names, lets
// stopped builds wait again, and starts a build if the catalog was made by an older program, or one
// that did not store what feeds are about. The build runs in the background; Current waits for it.
func (l *Library) Resume(ctx context.Context) error {
	if err := l.store.ResumeBuilds(ctx); err != nil {
		return err
	}
	l.leave()
	if err := l.tidy(ctx); err != nil {
		return err
	}
	stale, err := l.stale(ctx)
	if err != nil {
		return err
	}
	if stale {
		if _, err := l.store.AskForBuild(ctx, l.clock()); err != nil {
			return err
		}
	}
	all, err := l.store.Builds(ctx)
	for _, b := range all {
		if b.State == intelligence.BuildWaiting {
			l.begin(b.Number)
		}
	}
	return err
}

// stale reports whether an older program made the current catalog, or took a feed. Every change of a feed asks for
// a build in the same transaction, so nothing else can make the catalog stale.
func (l *Library) stale(ctx context.Context) (bool, error) {
	known, err := l.store.Catalog(ctx)
	if errors.Is(err, database.ErrNotFound) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	all, err := l.store.Feeds(ctx)
	if err != nil {
		return false, err
	}
	isOlder := func(f intelligence.Feed) bool { return f.Path != "" && f.Contents == "" }
	folder, name := l.lying(ctx, known.Path)
	if !errors.Is(catalog.Readable(folder, name), catalog.ErrOlder) && !slices.ContainsFunc(all, isOlder) {
		return false, nil
	}
	l.tell("the catalog was made by an older program: compiling all feeds anew; this happens once after an upgrade")
	return true, nil
}

// own lets the caller change feeds and catalogs: at once where no other node shares the store. The first
// thing that a node does with a lease is to let builds wait again that another one left, and to remove
// what nothing names.
func own(ctx context.Context, l *Library) (held context.Context, release func(), err error) {
	if l.owner == nil {
		return ctx, func() {}, nil
	}
	held, fresh, release, err := l.owner.take(ctx)
	if err != nil {
		return nil, nil, err
	}
	if fresh {
		if err := l.store.ResumeBuilds(held); err != nil {
			release()
			return nil, nil, err
		}
		l.leave()
	}
	return held, release, nil
}

// GoOn makes builds that were asked for and that no node makes. Where several nodes share the store, call
// it every few seconds.
func GoOn(ctx context.Context, l *Library) error {
	all, err := l.store.Builds(ctx)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.State != intelligence.BuildWaiting && b.State != intelligence.BuildRunning {
			continue
		}
		if held, err := intelligence.Held(ctx, l.store); err != nil || held {
			return err
		}
		l.begin(b.Number)
	}
	return nil
}
