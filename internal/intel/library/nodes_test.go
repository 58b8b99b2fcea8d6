package library_test

import (
	"context"
	"errors"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/intelligence"
)

// nodes are libraries of several processes that use the lab's store and files.
func (l *lab) nodes(t *testing.T, traces ...func(string)) (all []*library.Library) {
	t.Helper()
	for _, trace := range traces {
		config := l.config
		config.Shared, config.Trace, config.Folder = true, trace, t.TempDir()
		one := library.New(config)
		t.Cleanup(one.Close)
		all = append(all, one)
	}
	return all
}

// sound checks that the library's files are those that the store names.
func (l *lab) sound(t *testing.T, of *library.Library) {
	t.Helper()
	err := of.Verify(t.Context(), library.Verifier{
		Pace:    func(context.Context, int64) error { return nil },
		Count:   func(int, int64) {},
		Note:    func(problem error) { t.Error(problem) },
		Unknown: func(name string) { t.Errorf("unknown: %q", name) },
	})
	if err != nil {
		t.Error(err)
	}
}

// Nodes change feeds one at a time: what one is making, the other neither sees nor removes.
func TestNodesChangeFeedsOneAtATime(t *testing.T) {
	l := newLab(t)
	inside, goOn := make(chan struct{}), make(chan struct{})
	var once sync.Once
	nodes := l.nodes(t, func(step string) {
		if step == "take feed" {
			once.Do(func() { close(inside); <-goOn })
		}
	}, nil)
	ended := make([]chan error, 2)
	for i, in := range []library.Import{kevOf("one", "CVE-2024-0001"), kevOf("two", "CVE-2024-0002")} {
		ended[i] = make(chan error, 1)
		go func() {
			_, build, err := nodes[i].Import(l.ctx, in)
			if err == nil {
				_, err = nodes[1-i].Wait(l.ctx, build) // either may make it
			}
			ended[i] <- err
		}()
		if i == 0 {
			<-inside
		}
	}
	select {
	case err := <-ended[1]:
		t.Fatalf("the other node did not wait: %v", err)
	case <-time.After(1500 * time.Millisecond): // it looks once a second
	}
	close(goOn)
	for _, end := range ended {
		if err := <-end; err != nil {
			t.Error(err)
		}
	}
	for _, n := range nodes {
		current, err := n.Current(l.ctx)
		if err != nil || len(current.Sources()) != 2 {
			t.Errorf("a node has the catalog of %d feeds: %v", len(current.Sources()), err)
		}
		l.sound(t, n)
	}
}

// A build that its node left is made by another one, and nothing of the dead node is left.
func TestANodeMakesTheBuildOfAnother(t *testing.T) {
	l := newLab(t)
	nodes := l.nodes(t, nil, nil)
	if _, build, err := nodes[0].Import(l.ctx, kevOf("one", "CVE-2024-0001")); err != nil {
		t.Fatal(err)
	} else if _, err := nodes[0].Wait(l.ctx, build); err != nil {
		t.Fatal(err)
	}
	build, err := l.store.Intelligence.AskForBuild(l.ctx, time.Now())
	if err == nil {
		_, err = l.store.Intelligence.BeginBuild(l.ctx, build, time.Now()) // and dies
	}
	if err == nil {
		err = l.store.Intelligence.EnterFile(l.ctx, "table/dead")
	}
	if err != nil {
		t.Fatal(err)
	}
	for end := time.Now().Add(time.Minute); ; time.Sleep(10 * time.Millisecond) {
		if err := library.GoOn(l.ctx, nodes[1]); err != nil { // the first node may hold the lease a moment longer
			t.Fatal(err)
		}
		b, err := l.store.Intelligence.Build(l.ctx, build)
		if err != nil || time.Now().After(end) {
			t.Fatalf("build %+v: %v", b, err)
		}
		if b.State == intelligence.BuildBuilt {
			break
		}
	}
	nodes[1].Close()
	if left, err := l.store.Intelligence.EnteredFiles(l.ctx); err != nil || contains(left, "table/dead") {
		t.Errorf("left: %q, %v", left, err)
	}
	l.sound(t, nodes[0])
}

func contains(all []string, wanted string) bool {
	for _, one := range all {
		if one == wanted {
			return true
		}
	}
	return false
}

// A node that is paused while it takes a feed, for so long that another one takes over, changes nothing
// when it wakes, and removes nothing of the other's.
func TestAPausedNodeChangesNothing(t *testing.T) {
	var mutex sync.Mutex
	ahead := time.Duration(0)
	l := newLabBy(t, func() time.Time {
		mutex.Lock()
		defer mutex.Unlock()
		return time.Now().Add(ahead)
	})
	asleep, wake := make(chan struct{}), make(chan struct{})
	var once sync.Once
	nodes := l.nodes(t, func(step string) {
		if step == "take feed" {
			once.Do(func() { close(asleep); <-wake })
		}
	}, nil)
	late := make(chan error, 1)
	go func() {
		_, _, err := nodes[0].Import(l.ctx, kevOf("one", "CVE-2024-0001"))
		late <- err
	}()
	<-asleep
	mutex.Lock()
	ahead = intelligence.LeaseTime
	mutex.Unlock()
	_, build, err := nodes[1].Import(l.ctx, kevOf("one", "CVE-2024-0002"))
	if err == nil {
		_, err = nodes[1].Wait(l.ctx, build)
	}
	if err != nil {
		t.Fatal(err)
	}
	close(wake)
	if err := <-late; !errors.Is(err, intelligence.ErrLost) {
		t.Errorf("the node that woke late: %v", err)
	}
	if f, err := l.store.Intelligence.Feed(l.ctx, string(intel.KEV), "one"); err != nil || f.Records != 1 {
		t.Errorf("the feed: %+v, %v", f, err)
	} else if _, err := os.Stat(l.folder + "/" + f.Path); err != nil {
		t.Error(err)
	}
	nodes[0].Close()
	if _, err := nodes[1].Current(l.ctx); err != nil {
		t.Error(err)
	}
}
