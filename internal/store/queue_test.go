package store_test

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// hold keeps the store's one writing connection busy until release is called.
func hold(t *testing.T, s *store.Store) (release func()) {
	t.Helper()
	held, free, done := make(chan bool), make(chan bool), make(chan bool)
	go func() {
		defer close(done)
		stop := errors.New("released")
		_, _, err := s.Publication.Begin(context.Background(), org, noon,
			func(*publication.Pinning) (publication.Terms, error) {
				close(held)
				<-free
				return publication.Terms{}, stop
			})
		isError(t, err, stop, "")
	}()
	<-held
	return func() { close(free); <-done }
}

// callAll calls Receive several times at once, with one device each, and returns the result of
// each call.
func callAll(ctx context.Context, s *store.Store, calls int, text string) (wait func() []error) {
	errs := make([]error, calls)
	var all sync.WaitGroup
	for n := range calls {
		all.Go(func() {
			_, errs[n] = s.Reports.Receive(ctx, org, manager, []reports.Incoming{software(fmt.Sprint("host-", n), text)}, noon)
		})
	}
	return func() []error { all.Wait(); return errs }
}

// storedExactly checks that exactly the devices of the calls without an error are stored.
func storedExactly(t *testing.T, s *store.Store, errs []error) {
	t.Helper()
	for n, err := range errs {
		_, _, missing := s.Reports.Load(t.Context(), org, inventory.DeriveID("", fmt.Sprint("host-", n)))
		if (err == nil) != (missing == nil) {
			t.Errorf("call %d gave %v, and loading its device %v", n, err, missing)
		}
	}
}

func TestQueueIsBounded(t *testing.T) {
	const calls, waiting = 20, 3
	for name, cfg := range map[string]store.Config{
		"calls": {Reports: reports.Config{QueueCalls: waiting}},
		"bytes": {Reports: reports.Config{QueueBytes: waiting * 10_000}},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Open(t, cfg)
			release := hold(t, s)
			refused := make(chan error, calls)
			var all sync.WaitGroup
			errs := make([]error, calls)
			for n := range calls {
				all.Go(func() {
					in := software(fmt.Sprint("host-", n), strings.Repeat("x", 9_000))
					if _, errs[n] = s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, noon); errs[n] != nil {
						refused <- errs[n]
					}
				})
			}
			// at most two groups of waiting calls are accepted, one taken and one queued; the
			// first of a group counts by number only
			for range calls - 2*(waiting+1) {
				isError(t, <-refused, reports.ErrSaturated, "1 reports")
			}
			release()
			all.Wait()
			storedExactly(t, s, errs)
		})
	}
}

func TestOneLargeBatchIsTaken(t *testing.T) {
	s := storetest.Open(t, store.Config{Reports: reports.Config{QueueBytes: 10}})
	receive(t, s, software("host", strings.Repeat("x", 100_000)), noon)
}

func TestWhoLeavesTheQueueLeavesNothing(t *testing.T) {
	s := storetest.Open(t, store.Config{})
	release := hold(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	wait := callAll(ctx, s, 10, "x")
	cancel()
	release()
	storedExactly(t, s, wait())
}

func TestCloseAcknowledgesWhatItWrote(t *testing.T) {
	path := filepath.Join(t.TempDir(), "muster.db")
	s, err := store.Open(t.Context(), store.Config{Database: database.Config{Path: path}})
	must(t, err)
	must(t, s.Organizations.Ensure(t.Context(), org, "test"))
	release := hold(t, s)
	wait := callAll(t.Context(), s, 10, "x")
	release()
	must(t, s.Close())
	errs := wait()
	for _, err := range errs {
		if err != nil {
			isError(t, err, reports.ErrClosed, "")
		}
	}
	storedExactly(t, storetest.Open(t, store.Config{Database: database.Config{Path: path}}), errs)
}

func TestGuiltyBatchFailsAlone(t *testing.T) {
	for name, guilty := range map[string]struct {
		in   reports.Incoming
		want error
	}{
		"ambiguous": {reports.Incoming{Device: inventory.Device{Name: "twin"}}, reports.ErrAmbiguousDevice},
		"too large": {software("large", strings.Repeat("x", 4<<20)), database.ErrFull},
	} {
		t.Run(name, func(t *testing.T) {
			s := storetest.Open(t, store.Config{Database: database.Config{MaxBytes: 2 << 20}})
			for _, digit := range []string{"a", "b"} {
				receive(t, s, reports.Incoming{Device: inventory.Device{ID: strings.Repeat(digit, 40), Name: "twin"}}, noon)
			}
			release := hold(t, s)
			wait := callAll(t.Context(), s, 16, "x")
			refused := make(chan error)
			go func() {
				_, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{guilty.in}, noon)
				refused <- err
			}()
			release()
			isError(t, <-refused, guilty.want, "report 1")
			for _, err := range wait() {
				must(t, err)
			}
		})
	}
}

func TestManyCallersTakeEachRevisionOnce(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const callers, each = 16, 10
		revisions := make(chan int64, callers*each)
		var all sync.WaitGroup
		for caller := range callers {
			all.Go(func() {
				for n := range each {
					in := software(fmt.Sprint("host-", n), fmt.Sprint(caller))
					receipts, err := s.Reports.Receive(t.Context(), org, manager, []reports.Incoming{in}, noon)
					if err != nil {
						t.Error(err)
						return
					}
					revisions <- receipts[0].Revision
				}
			})
		}
		all.Wait()
		close(revisions)
		seen := make(map[int64]bool)
		for revision := range revisions {
			seen[revision] = true
		}
		equal(t, "revisions", len(seen), callers*each)
		equal(t, "next", receive(t, s, software("host", ""), noon).Revision, int64(callers*each+1))
	})
}

// A process that was paused stores nothing, when it wakes, for senders who are gone: they may have sent the same to
// another node, and something newer since. The sender leaves before its report is written, or before it is
// committed; whoever shares the transaction loses nothing.
func TestNothingIsStoredForWhoIsGone(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for leaves := range 3 { // at the first question, at the second, never
			asked := 0
			gone := func() bool { asked++; return asked > leaves && leaves < 2 }
			name := fmt.Sprintf("leaves-%d", leaves)
			release := hold(t, s)
			var all sync.WaitGroup
			var err error
			all.Go(func() {
				_, err = s.Reports.ReceiveFrom(t.Context(), gone, org, sender("left"), []reports.Incoming{software(name, "old")}, noon)
			})
			wait := callAll(t.Context(), s, 3, fmt.Sprintf("beside-%d-", leaves))
			release()
			all.Wait()
			if errors.Is(err, context.Canceled) != (leaves < 2) {
				t.Errorf("a sender who leaves at question %d: %v", leaves+1, err)
			}
			for _, err := range wait() {
				must(t, err)
			}
			_, _, err = s.Reports.Load(t.Context(), org, inventory.DeriveID("", name))
			if stored := err == nil; stored == (leaves < 2) {
				t.Errorf("the report of a sender who leaves at question %d is stored: %v", leaves+1, stored)
			}
		}
	})
}
