package generation_test

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/store/publication"
)

// TestOwnersPauseDieAndTakeOver runs several processes on one folder, like nodes. Each is stopped
// at a random step, like a process that hangs: its lease ends, others take over, and it wakes late
// or never. No unfinished work may be visible, law 1 holds between all snapshots, every file that a
// snapshot names is whole, a generation that began after a request answers it and has its report,
// and two generations never run at a time.
func TestOwnersPauseDieAndTakeOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLab(t)
		l.learn(weaknesses[0])
		l.report(host(0, "90.0"))
		l.publish()
		l.restartBy(func() time.Time { return l.now })
		var nodes []*pausing
		for i := range rapid.IntRange(1, 4).Draw(t, "nodes") {
			n := &pausing{at: rapid.IntRange(1, 40).Draw(t, "step"), stopped: make(chan struct{}), wake: make(chan struct{})}
			n.Publisher = l.second(n.step)
			nodes = append(nodes, n)
			l.now = l.now.Add(time.Hour)
			l.report(host(i%3, rapid.SampledFrom([]string{"91.0", "95.0", "110.0"}).Draw(t, "version")), host(10+i, "90.0"))
			asked := n.Publish(context.Background(), org)
			if err := asked.Err(); err != nil {
				t.Fatal(err)
			}
			n.ended = make(chan struct{})
			go func() {
				defer close(n.ended)
				n.made, n.err = asked.Wait(context.Background())
			}()
			select {
			case <-n.stopped:
				l.now = l.now.Add(2 * publication.LeaseTime) // ends its lease without waiting
			case <-n.ended:
			}
			if rapid.Bool().Draw(t, "wakes at once") {
				n.awake.Do(func() { close(n.wake) })
				<-n.ended
			}
			l.oneRuns()
		}
		last := l.second(nil)
		l.now = l.now.Add(time.Hour)
		newest, err := last.Publish(context.Background(), org).Wait(l.ctx)
		if err != nil {
			t.Fatalf("taking over: %v", err)
		}
		for _, n := range nodes { // the stopped processes find that they lost their lease
			n.awake.Do(func() { close(n.wake) })
			<-n.ended
			if n.err != nil && !errors.Is(n.err, publication.ErrLost) && !errors.Is(n.err, publication.ErrNotRunning) {
				t.Errorf("the paused process: %v", n.err)
			}
			if err := n.Close(context.Background()); err != nil {
				t.Error(err)
			}
		}
		if err := last.Retire(l.ctx, org); err != nil {
			t.Fatal(err)
		}
		if err := last.Close(context.Background()); err != nil {
			t.Error(err)
		}
		l.checkOwners(newest, len(nodes))
	})
}

// checkOwners checks what all processes have made.
func (l *lab) checkOwners(newest publication.Snapshot, nodes int) {
	l.Helper()
	all, err := l.store.Publication.Snapshots(l.ctx, org)
	if err != nil {
		l.Fatal(err)
	}
	if all[len(all)-1].Number != newest.Number {
		l.Errorf("the newest snapshot is %d, want %d", all[len(all)-1].Number, newest.Number)
	}
	for i := range all[1:] {
		l.checkLaw1(&all[i], all[i+1])
	}
	if n := l.manifest(newest).Totals(nil).Devices; n < int64(nodes) {
		l.Errorf("%d devices, want those of %d reports", n, nodes)
	}
	l.checkNoOrphans(all)
	l.verify()
}

// oneRuns checks that at most one generation runs.
func (l *lab) oneRuns() {
	l.Helper()
	all, err := l.store.Publication.Generations(l.ctx, org, 100)
	if err != nil {
		l.Fatal(err)
	}
	running := 0
	for _, g := range all {
		if g.State == publication.Running {
			running++
		}
	}
	if running > 1 {
		l.Fatalf("%d generations run", running)
	}
}

// pausing is a process that stops at a step until it is woken.
type pausing struct {
	*generation.Publisher
	mu      sync.Mutex
	at      int
	stopped chan struct{}
	wake    chan struct{}
	awake   sync.Once
	ended   chan struct{}
	made    publication.Snapshot
	err     error
}

func (n *pausing) step(name string) {
	if strings.HasPrefix(name, "ask") {
		return // the goroutine that waits
	}
	n.mu.Lock()
	n.at--
	stop := n.at == 0
	n.mu.Unlock()
	if stop {
		close(n.stopped)
		<-n.wake
	}
}

// restartBy opens the store again, with another clock for leases.
func (l *lab) restartBy(clock func() time.Time) {
	l.Helper()
	l.close()
	l.leases = clock
	l.open()
}
