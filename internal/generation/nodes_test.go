package generation_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store/publication"
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
	if _, err := asked.Wait(t.Context()); !errors.Is(err, publication.ErrLost) {
		t.Errorf("the paused node: %v", err)
	}
	if err := n.Close(context.Background()); err != nil {
		t.Error(err)
	}
	l.verify()
}
