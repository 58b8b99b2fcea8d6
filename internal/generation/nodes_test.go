package generation_test

import (
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/benchmark"
	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// nodes returns publishers of several processes that use the lab's store at the same time.
func (l *lab) nodes(t *testing.T, n int) []*generation.Publisher {
	l.Helper()
	l.restartBy(func() time.Time { return l.now })
	all := make([]*generation.Publisher, n)
	for i := range all {
		all[i] = l.second(nil)
		t.Cleanup(func() {
			if err := all[i].Close(context.Background()); err != nil {
				l.Error(err)
			}
		})
	}
	return all
}

// made waits until the newest snapshot has a number and nobody makes another.
func (l *lab) made(want int64) {
	l.Helper()
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		left, err := l.store.Publication.Unfinished(l.ctx, false)
		if err != nil {
			l.Fatal(err)
		}
		newest, err := l.store.Publication.Generations(l.ctx, org, 1)
		if err != nil {
			l.Fatal(err)
		}
		if len(left) == 0 && len(newest) > 0 && newest[0].State == publication.Sealed {
			if newest[0].Number != want {
				l.Fatalf("snapshot %d was made, want %d", newest[0].Number, want)
			}
			return
		}
		if time.Now().After(end) {
			l.Fatalf("waiting for snapshot %d: %v, unfinished: %q", want, newest, left)
		}
	}
}

// Every node looks whether a snapshot is due: there is one for each interval, and not one for each node.
// After a failure the next one comes sooner.
func TestNodesMakeOneSnapshotInAnInterval(t *testing.T) {
	l := newLab(t)
	l.report(host(0, "90.0"))
	nodes := l.nodes(t, 3)
	due := func() {
		t.Helper()
		for _, n := range nodes {
			if err := n.PublishDue(t.Context(), time.Hour); err != nil {
				t.Fatal(err)
			}
		}
	}
	due()
	l.made(1)
	due()
	l.now = l.now.Add(time.Hour - time.Second)
	due()
	l.made(1)
	l.now = l.now.Add(time.Second)
	due()
	l.made(2)

	g, _, err := l.store.Publication.Begin(l.ctx, org, l.now, func(*publication.Pinning) (publication.Terms, error) {
		return publication.Terms{Pin: []byte("{}")}, nil
	})
	if err == nil {
		err = storetest.Hold(t, l.store, org, func(lease *publication.Lease) error {
			return lease.Fail(l.ctx, g.Number, "files cannot be reached")
		})
	}
	if err != nil {
		t.Fatal(err)
	}
	l.now = g.Begun.Add(10*time.Minute - time.Second)
	due()
	if newest, err := l.store.Publication.Generations(l.ctx, org, 1); err != nil || newest[0].Number != g.Number {
		t.Errorf("just after a failure %v was made, %v", newest, err)
	}
	l.now = l.now.Add(time.Second)
	due()
	l.made(4)
}

// A generation that its node left, dead or paused, is finished by another one that looks for it, once
// the lease has ended and not before.
func TestANodeGoesOnWithWhatAnotherLeft(t *testing.T) {
	l := newLab(t)
	l.report(host(0, "90.0"))
	node := l.nodes(t, 1)[0]
	n := &pausing{at: 8, stopped: make(chan struct{}), wake: make(chan struct{})}
	n.Publisher = l.second(n.step)
	asked := n.Publish(t.Context(), org)
	if err := asked.Err(); err != nil {
		t.Fatal(err)
	}
	<-n.stopped
	if running, err := l.store.Publication.Generations(t.Context(), org, 1); err != nil || len(running) != 1 {
		t.Fatalf("running: %v, %v", running, err)
	}
	look := func(want int) {
		t.Helper()
		unowned, err := l.store.Publication.Unfinished(t.Context(), true)
		if err != nil || len(unowned) != want {
			t.Fatalf("unowned: %q, %v, want %d", unowned, err, want)
		}
		if err := node.GoOn(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	look(0)
	l.now = l.now.Add(publication.LeaseTime)
	look(1)
	l.made(1)
	n.awake.Do(func() { close(n.wake) })
	if s, err := asked.Wait(t.Context()); err != nil || s.Number != 1 {
		t.Errorf("who waits at the paused node is told of snapshot %d, %v", s.Number, err)
	}
	if err := n.Close(context.Background()); err != nil {
		t.Error(err)
	}
	l.verify()
}

// A node that has other rules than a running generation leaves it to a live node that has them. When
// there is none for a minute, it fails the generation and makes the next one.
func TestANodeOfAnotherVersionLeavesAGeneration(t *testing.T) {
	l := newLab(t)
	l.report(host(0, "90.0"))
	l.publish()
	node := l.nodes(t, 1)[0]
	var pin map[string]any
	if err := json.Unmarshal(l.pinOf(), &pin); err != nil {
		t.Fatal(err)
	}
	pin["format"] = 99
	pinned, err := json.Marshal(pin)
	if err != nil {
		t.Fatal(err)
	}
	l.now = l.now.Add(time.Hour)
	g, _, err := l.store.Publication.Begin(l.ctx, org, l.now, func(*publication.Pinning) (publication.Terms, error) {
		return publication.Terms{Pin: pinned}, nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := l.store.Publication.Plan(l.ctx, org, g.Number,
		func(*publication.Planning) ([]byte, error) { return pinned, nil }); err != nil {
		t.Fatal(err)
	}
	job := crew.Job{Organization: org, Generation: g.Number, Ranges: []int{0}}
	if err := node.Make(l.ctx, job); !errors.Is(err, crew.ErrUnable) {
		t.Errorf("making a range by other rules: %v", err)
	}
	able, err := l.store.Workers.Join(l.ctx, "newer", string(pinned)) // the members of what it is able to do are the pin's
	if err != nil {
		t.Fatal(err)
	}
	held, ctx, err := node.Hold(l.ctx, org)
	if err != nil {
		t.Fatal(err)
	}
	defer held.Release()
	leaves := func(when string) {
		t.Helper()
		if _, err := held.Publish(ctx, publication.Wish{}); !errors.Is(err, crew.ErrUnable) {
			t.Fatalf("%s: %v, want that the generation is left to others", when, err)
		}
	}
	leaves("while a node lives that can make it")
	for range 10 {
		l.now = l.now.Add(publication.WorkerTime - time.Second)
		if err := able.Beat(l.ctx); err != nil {
			t.Fatal(err)
		}
	}
	leaves("while it still lives")
	if err := able.Leave(l.ctx); err != nil {
		t.Fatal(err)
	}
	leaves("when there is none")
	l.now = l.now.Add(time.Minute - time.Second)
	leaves("just before a minute has passed")
	l.now = l.now.Add(time.Second)
	s, err := held.Publish(ctx, publication.Wish{})
	if err != nil || s.Number != g.Number+1 {
		t.Errorf("after a minute: snapshot %d, %v", s.Number, err)
	}
	failed, err := l.store.Publication.Generation(l.ctx, org, g.Number)
	if err != nil || failed.State != publication.Failed || !strings.Contains(failed.Failure, "another version") {
		t.Errorf("the generation that nobody can make is %+v, %v", failed, err)
	}
}

// Whoever conducts fails a generation by what another process found, and tells the same kinds apart.
func TestFailuresOfOtherProcessesAreTold(t *testing.T) {
	for what, want := range map[string]error{"damaged": snapshot.ErrDamaged, "full": database.ErrFull} {
		t.Run(what, func(t *testing.T) {
			l := newLab(t)
			l.report(host(0, "90.0"))
			l.now = l.now.Add(time.Hour)
			failing := make(chan error, 1)
			p, err := generation.New(generation.Config{Store: l.store, Files: l.files, Benchmark: checksOf(t),
				Library: l.library, Settings: l.settings, Clock: func() time.Time { return l.now },
				Crew: elsewhere(func(job crew.Job) {
					w, err := l.store.Workers.Join(l.ctx, "other", "{}")
					if err == nil {
						_, err = w.Start(l.ctx, job.Organization, job.Generation, publication.Attempt{ID: "a", Range: 0})
					}
					if err == nil {
						found := fmt.Errorf("making range 0: %w", want)
						err = w.Abandon(l.ctx, job.Organization, job.Generation, crew.FailureOf(found), publication.Attempt{ID: "a"})
					}
					failing <- err
				})})
			if err != nil {
				t.Fatal(err)
			}
			_, err = p.Publish(l.ctx, org).Wait(l.ctx)
			kind := errors.Is(err, want) || what == "full" && database.IsFull(err)
			if !kind || !strings.Contains(err.Error(), "making range 0") {
				t.Errorf("the generation failed by %v, want %v", err, want)
			}
			if err := errors.Join(<-failing, p.Close(context.Background())); err != nil {
				t.Error(err)
			}
		})
	}
}

// elsewhere is a crew of another process.
type elsewhere func(crew.Job)

func (e elsewhere) Offer(_ context.Context, _ *sql.Tx, jobs []crew.Job) (func(), error) {
	return func() { go e(jobs[0]) }, nil
}

func checksOf(t *testing.T) *benchmark.Benchmark {
	t.Helper()
	checks, err := defaultChecks()
	if err != nil {
		t.Fatal(err)
	}
	return checks
}

// A file of a dead attempt that comes after the others were swept is swept, too, for as long as such files
// may come. Then the attempt is forgotten.
func TestFilesThatComeLateAreSwept(t *testing.T) {
	l := newLab(t)
	l.report(host(0, "90.0"))
	node := l.nodes(t, 1)[0]
	n := &pausing{at: 2, stopped: make(chan struct{}), wake: make(chan struct{})}
	n.Publisher = l.second(func(step string) {
		if step == "complete job" { // its files are there
			n.step(step)
		}
	})
	if _, err := n.Publish(t.Context(), org).Wait(t.Context()); err != nil { // no other node holds the organization then
		t.Fatal(err)
	}
	l.report(host(0, "91.0"))
	asked := n.Publish(t.Context(), org)
	<-n.stopped
	files := map[string]string{} // by attempt
	if err := l.files.List(t.Context(), org, func(name string) error {
		files[snapshot.AttemptOf(name)] = name
		return nil
	}); err != nil {
		t.Fatal(err)
	}
	l.now = l.now.Add(publication.LeaseTime)
	if err := node.GoOn(t.Context()); err != nil {
		t.Fatal(err)
	}
	l.made(2)
	n.awake.Do(func() { close(n.wake) })
	if told, err := asked.Wait(t.Context()); err != nil || told.Number != 2 {
		t.Errorf("who waits at the paused node is told snapshot %d, %v, want that of the other", told.Number, err)
	}
	if err := n.Close(context.Background()); err != nil {
		t.Error(err)
	}
	dead, err := l.store.Publication.DeadAttempts(t.Context(), org)
	if err != nil || len(dead) == 0 {
		t.Fatalf("nothing of the paused node is known any more: %v, %v", dead, err)
	}
	late := files[dead[0].ID]
	if err := node.Retire(t.Context(), org); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(l.path(late)); late == "" || !errors.Is(err, fs.ErrNotExist) {
		t.Fatalf("the file %q was not swept: %v", late, err)
	}
	for _, step := range []struct {
		after time.Duration
		known bool
	}{{0, true}, {publication.LateFiles, false}} {
		l.now = l.now.Add(step.after)
		if err := os.WriteFile(l.path(late), []byte("late"), 0o600); err != nil {
			t.Fatal(err)
		}
		if err := node.Retire(t.Context(), org); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(l.path(late)); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v later: %q is still there: %v", step.after, late, err)
		}
		all, err := l.store.Publication.Attempts(t.Context(), org)
		if _, known := all[dead[0].ID]; err != nil || known != step.known {
			t.Errorf("%v later the attempt is known: %v, want %v; %v", step.after, known, step.known, err)
		}
	}
}
