package node

import (
	"context"
	"database/sql"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/intel"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/store/organization"
	"github.com/muster-project/muster/internal/testneed"
)

// source is a server of a feed that counts requests. Each entry of hold keeps one of them until the
// channel is closed.
type source struct {
	*httptest.Server
	asked   atomic.Int64
	version atomic.Int64 // how many CVEs the feed has
	hold    atomic.Pointer[chan struct{}]
}

func newSource(t *testing.T) *source {
	s := new(source)
	s.version.Store(1)
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.asked.Add(1)
		if held := s.hold.Swap(nil); held != nil {
			<-*held
		}
		tag := fmt.Sprintf(`"%d"`, s.version.Load())
		w.Header().Set("ETag", tag)
		if r.Header.Get("If-None-Match") == tag {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		_, _ = io.WriteString(w, `{"vulnerabilities":[`)
		for i := range s.version.Load() {
			_, _ = fmt.Fprintf(w, `%.*s{"cveID":"CVE-2024-%04d"}`, min(int(i), 1), ",", i+1)
		}
		_, _ = io.WriteString(w, `]}`)
	}))
	t.Cleanup(s.Close)
	return s
}

// fetched makes a feed that was fetched from the source once.
func (s *source) fetched(t *testing.T, n *Node) {
	t.Helper()
	done, build, err := n.Library.Refresh(t.Context(), []library.Source{{Kind: intel.KEV, Name: "kev", URL: s.URL}}, false)
	if err == nil {
		err = done[0].Err
	}
	if err == nil {
		_, err = n.Library.Wait(t.Context(), build)
	}
	if err != nil {
		t.Fatal(err)
	}
	s.asked.Store(0)
	s.version.Add(1)
}

// twoNodes opens two nodes on the same places.
func twoNodes(t *testing.T, p Places) (one, two *Node) {
	t.Helper()
	var all [2]*Node
	for i := range all {
		n, err := openNode(t, p)
		if err != nil {
			t.Fatal(err)
		}
		all[i] = n
	}
	return all[0], all[1]
}

// records returns how many records the feed of a node's newest catalog has, and the catalog's id.
func records(t *testing.T, n *Node) (int64, string) {
	t.Helper()
	c, err := n.Library.Newest(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	f, err := n.Store.Intelligence.Feed(t.Context(), string(intel.KEV), "kev")
	if err != nil {
		t.Fatal(err)
	}
	return f.Records, c.ID()
}

// await asks until something holds.
func await(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for end := time.Now().Add(time.Minute); !holds(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(end) {
			t.Fatalf("%s: not within a minute", what)
		}
	}
}

// done tells whether a chore was done.
func done(t *testing.T, n *Node, name string) bool {
	t.Helper()
	last, err := n.Store.Chores.Last(t.Context(), name)
	if err != nil {
		t.Fatal(err)
	}
	return !last.Begun.IsZero()
}

// One of two nodes fetches feeds and verifies, and both have the new catalog and the result.
func TestChoresAreDoneOnce(t *testing.T) {
	storage := testneed.S3(t)
	for name, value := range storage.Env {
		t.Setenv(name, value)
	}
	p := newPlaces(t)
	p.Files = storage.URL
	one, two := twoNodes(t, p)
	from := newSource(t)
	from.fetched(t, one)
	_, old := records(t, two)

	ctx, stop := context.WithCancel(t.Context())
	due := Schedule{Feeds: time.Hour, Verify: time.Second, Rate: 1 << 30}
	tasks := []*sync.WaitGroup{due.start(ctx, one), due.start(ctx, two)}
	for _, name := range []string{choreFeeds, choreSweep, choreVerify} {
		await(t, name, func() bool { return done(t, two, name) })
	}
	stop()
	for _, t := range tasks {
		t.Wait()
	}
	for i, n := range []*Node{one, two} {
		if err := n.inTurn(choreFeeds, time.Hour, plainly(n.refresh))(t.Context()); err != nil {
			t.Error(err)
		}
		if has, id := records(t, n); has != 2 || id == old {
			t.Errorf("node %d has %d records in catalog %q, which was %q", i, has, id, old)
		}
		if err := n.learnVerified(t.Context()); err != nil || n.Verifier.Verified().Time.IsZero() {
			t.Errorf("node %d does not know what was verified: %v", i, err)
		}
	}
	if n := from.asked.Load(); n != 1 {
		t.Errorf("the source was asked %d times, want once", n)
	}
}

// A node that dies while it fetches leaves the work to another one. What it fetched, compiled or announces
// afterwards counts for nothing.
func TestAnotherNodeFetchesForADeadOne(t *testing.T) {
	one, two := twoNodes(t, newPlaces(t))
	from := newSource(t)
	from.fetched(t, two)
	held := make(chan struct{})
	from.hold.Store(&held)

	ended := make(chan error, 1)
	go func() {
		ended <- one.inTurn(choreFeeds, time.Hour, plainly(one.refresh))(context.WithoutCancel(t.Context()))
	}()
	await(t, "the first node fetches", func() bool { return from.asked.Load() == 1 })
	other := two.inTurn(choreFeeds, time.Hour, plainly(two.refresh))
	if err := other(t.Context()); err != nil || from.asked.Load() != 1 {
		t.Fatalf("while it lives the source was asked %d times: %v", from.asked.Load(), err)
	}
	if err := one.Store.DB.Close(); err != nil { // it can neither renew nor change anything from now on
		t.Fatal(err)
	}
	pass(t, two)
	if err := other(t.Context()); err != nil {
		t.Fatal(err)
	}
	if has, _ := records(t, two); has != 2 || from.asked.Load() != 2 {
		t.Errorf("after the other node took over there are %d records, and the source was asked %d times", has,
			from.asked.Load())
	}
	close(held)
	if err := <-ended; err == nil {
		t.Error("the dead node announced something")
	}
	if _, err := two.Publisher.Publish(t.Context(), organization.Default).Wait(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// pass lets the time of leases pass.
func pass(t *testing.T, n *Node) {
	t.Helper()
	err := n.Store.DB.Write(t.Context(), func(tx *sql.Tx) error {
		for _, table := range []string{"chore", "work"} {
			if _, err := tx.ExecContext(t.Context(), `UPDATE `+table+` SET until = 1`); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}
