package generation_test

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/crew"
	"github.com/muster-project/muster/internal/generation"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// TestWorkersPauseDieAndTakeOver runs several nodes on one store, which make each other's ranges. Each
// is stopped as a whole at a random step, like a process that is paused: in the middle of ranges, while
// it conducts, or before it begins. Its lease and its worker end, the others take over, and it wakes
// late, when all is done. Jobs come to any node, in any order, twice, or to one that is stopped. As long as one node
// is left, the requested generation is made; none fails. Two generations never run at a time, law 1
// holds between all snapshots, every acknowledged report is in, and every file has an owner.
func TestWorkersPauseDieAndTakeOver(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		l := newLab(t)
		l.learn(weaknesses[0])
		rules := []rbac.Rule{{Group: "North", Tag: "north"}, {Group: "South", Tag: "south"}, {Group: "West", Tag: "west"}}
		l.setRules(rules...)
		l.report(chrome90("old.example.com", "north"))
		l.publish()
		c := &cluster{lab: l, deal: &deal{random: rand.New(rand.NewPCG(rapid.Uint64().Draw(t, "deal"), 1))}}
		c.clock.Store(l.now.Add(time.Hour).UnixMilli())
		l.restartBy(c.now)
		for range rapid.IntRange(2, 3).Draw(t, "nodes") {
			c.add(rapid.IntRange(1, 120).Draw(t, "step"))
		}
		want := map[string]string{"old.example.com": "90.0.0.0"}
		for round := range rapid.IntRange(1, 3).Draw(t, "rounds") {
			for i, tag := range []string{"north", "south", "west", "none", rapid.SampledFrom([]string{"north", "west"}).Draw(t, "tag")} {
				r := chrome90(fmt.Sprintf("host-%d.example.com", i), tag)
				r.Software[0].Version = rapid.SampledFrom([]string{"90.0", "95.0", "110.0"}).Draw(t, "version")
				l.now = c.now()
				l.report(r)
				want[r.Device.Name] = r.Software[0].Version + ".0.0"
			}
			c.publish(t, round)
			c.clock.Add(time.Hour.Milliseconds())
		}
		c.close()
		l.now = c.now()
		newest := l.publish()
		if err := l.publisher.Retire(l.ctx, org); err != nil {
			t.Fatal(err)
		}
		c.check(newest, want)
	})
}

// cluster is several nodes on the store of a lab, with a clock that all of them share.
type cluster struct {
	*lab
	clock atomic.Int64
	deal  *deal
	nodes []*node
}

// node is a process that stops at a step until it is woken.
type node struct {
	*generation.Publisher
	left    atomic.Int64 // steps before it stops
	stopped atomic.Bool
	wake    chan struct{}
	jobs    sync.WaitGroup
}

func (c *cluster) now() time.Time { return time.UnixMilli(c.clock.Load()).UTC() }

func (c *cluster) add(steps int) {
	c.Helper()
	n := &node{wake: make(chan struct{})}
	n.left.Store(int64(steps))
	checks, err := defaultChecks()
	if err != nil {
		c.Fatal(err)
	}
	n.Publisher, err = generation.New(generation.Config{Store: c.store, Files: c.files, Benchmark: checks,
		Library: c.library, Settings: c.settings, Clock: c.now, Trace: n.step, Crew: c.deal,
		Look: 5 * time.Millisecond, Workers: 3})
	if err != nil {
		c.Fatal(err)
	}
	c.nodes = append(c.nodes, n)
	c.deal.nodes = append(c.deal.nodes, n)
}

// step stops all goroutines of the node, once it has done its steps.
func (n *node) step(name string) {
	if name != "ask" && n.left.Add(-1) < 0 { // the test itself asks
		n.stopped.Store(true)
		<-n.wake
	}
}

// live are the nodes that have not stopped.
func (c *cluster) live() (live []*node) {
	for _, n := range c.nodes {
		if !n.stopped.Load() {
			live = append(live, n)
		}
	}
	return live
}

// publish requests a snapshot at one node, and waits until it is made, or all nodes have stopped.
func (c *cluster) publish(t *rapid.T, round int) {
	live := c.live()
	if len(live) == 0 {
		return
	}
	asked := live[round%len(live)].Publish(context.Background(), org)
	if err := asked.Err(); err != nil {
		t.Fatal(err)
	}
	moved := time.Now()
	for end := time.Now().Add(time.Minute); ; time.Sleep(2 * time.Millisecond) {
		c.oneRuns()
		_, waits := c.store.Publication.Requested(c.ctx, org)
		newest, err := c.store.Publication.Generations(c.ctx, org, 1)
		if err != nil {
			t.Fatal(err)
		}
		if errors.Is(waits, database.ErrNotFound) && newest[0].State != publication.Running {
			return
		}
		now := c.live()
		// What a stopped one has ends without waiting. A goroutine of it may go on until its next step.
		if len(now) < len(live) || time.Since(moved) > 2*time.Second {
			c.clock.Add(publication.AttemptTime.Milliseconds())
			moved = time.Now()
		}
		if live = now; len(live) == 0 {
			return
		}
		for _, n := range live {
			if err := n.GoOn(c.ctx); err != nil {
				t.Fatal(err)
			}
		}
		if time.Now().After(end) {
			t.Fatalf("%d nodes live, and do not make generation %+v", len(live), newest[0])
		}
	}
}

// close wakes the nodes, which find what the others have done, and ends them.
func (c *cluster) close() {
	c.Helper()
	for _, n := range c.nodes {
		close(n.wake)
	}
	for _, n := range c.nodes { // then nobody offers jobs any more
		if err := n.Close(context.Background()); err != nil {
			c.Error(err)
		}
	}
	for _, n := range c.nodes {
		n.jobs.Wait()
	}
}

// check compares the newest snapshot with what was reported, and checks everything that is kept.
func (c *cluster) check(newest publication.Snapshot, want map[string]string) {
	c.Helper()
	generations, err := c.store.Publication.Generations(c.ctx, org, 100)
	if err != nil {
		c.Fatal(err)
	}
	for _, g := range generations {
		if g.State != publication.Sealed {
			c.Errorf("generation %d is %s: %s", g.Number, g.State, g.Failure)
		}
	}
	all, err := c.store.Publication.Snapshots(c.ctx, org)
	if err != nil {
		c.Fatal(err)
	}
	for i := range all[1:] {
		c.checkLaw1(&all[i], all[i+1])
	}
	ranges := map[string]bool{}
	for _, r := range c.manifest(newest).Ranges {
		key := fmt.Sprint(r.Group, " ", r.Lo)
		if ranges[key] {
			c.Errorf("range %s is twice in the manifest", key)
		}
		ranges[key] = true
	}
	got := map[string]string{}
	for _, row := range c.rows(newest, defender.Software, false) {
		got[fmt.Sprint(row["DeviceName"])] = fmt.Sprint(row["SoftwareVersion"])
	}
	for name, version := range want {
		if got[name] != version {
			c.Errorf("%s has %q, reported was %q", name, got[name], version)
		}
	}
	c.checkNoOrphans(all)
	c.verify()
}

// deal is a crew that deals each range to some node, and some ranges to two.
type deal struct {
	mu     sync.Mutex
	random *rand.Rand
	nodes  []*node
}

func (d *deal) Offer(_ context.Context, _ *sql.Tx, jobs []crew.Job) (func(), error) {
	return func() {
		d.mu.Lock()
		defer d.mu.Unlock()
		for _, job := range jobs {
			for _, i := range job.Ranges {
				one := crew.Job{Organization: job.Organization, Generation: job.Generation, Ranges: []int{i}}
				for range 1 + d.random.IntN(4)/3 {
					n := d.nodes[d.random.IntN(len(d.nodes))]
					n.jobs.Go(func() { _ = n.Make(context.Background(), one) })
				}
			}
		}
	}, nil
}
