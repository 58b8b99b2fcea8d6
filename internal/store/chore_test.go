package store_test

import (
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/chore"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/storetest"
)

// take asks for a turn at a chore.
func take(t *testing.T, s *store.Store, name string, every time.Duration) *chore.Turn {
	t.Helper()
	turn, err := s.Chores.Take(t.Context(), name, every)
	must(t, err)
	return turn
}

// One has a turn at a time; a chore that was done is due an interval later, one that was given back at once.
func TestChoresAreDoneInTurn(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		first := take(t, s, "a", time.Hour)
		if first == nil || take(t, s, "a", time.Hour) != nil || take(t, s, "a", time.Nanosecond) != nil {
			t.Fatal("two have a turn, or nobody")
		}
		if take(t, s, "b", time.Hour) == nil {
			t.Error("another chore is not due")
		}
		must(t, first.Renew(t.Context()))
		must(t, first.GiveBack(t.Context()))
		second := take(t, s, "a", time.Hour)
		if second == nil {
			t.Fatal("what was given back is not due")
		}
		isError(t, first.Done(t.Context(), "late"), chore.ErrLost, `"a"`)
		isError(t, first.Renew(t.Context()), chore.ErrLost, `"a"`)
		must(t, first.GiveBack(t.Context()))
		if last, err := s.Chores.Last(t.Context(), "a"); err != nil || last != (chore.Done{}) {
			t.Errorf("before it was done: %+v, %v", last, err)
		}
		must(t, second.Done(t.Context(), "one"))
		last, err := s.Chores.Last(t.Context(), "a")
		if must(t, err); last.Result != "one" || last.Begun.IsZero() {
			t.Errorf("after it was done: %+v", last)
		}
		if take(t, s, "a", time.Hour) != nil {
			t.Error("what was done is due at once")
		}
		third := take(t, s, "a", time.Nanosecond)
		must(t, third.Done(t.Context(), ""))
		if last, err := s.Chores.Last(t.Context(), "a"); err != nil || last.Result != "one" {
			t.Errorf("the result before was lost: %+v, %v", last, err)
		}
	})
}

// A turn ends with its lease, and a chore is due an interval after its last turn began, whatever the
// clock did.
func TestChoresAreTakenOver(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	first := take(t, s, "a", time.Hour)
	now = now.Add(chore.LeaseTime - time.Millisecond)
	if take(t, s, "a", time.Hour) != nil {
		t.Error("a turn ended before its time")
	}
	must(t, first.Renew(t.Context()))
	now = now.Add(chore.LeaseTime)
	second := take(t, s, "a", time.Hour)
	if second == nil {
		t.Fatal("a turn that ended is not taken over")
	}
	begun := now
	now = now.Add(10 * time.Second)
	must(t, second.Done(t.Context(), ""))
	now = begun.Add(time.Hour - time.Millisecond)
	if take(t, s, "a", time.Hour) != nil {
		t.Error("due before the interval has passed")
	}
	now = begun.Add(time.Hour)
	third := take(t, s, "a", time.Hour)
	if third == nil {
		t.Fatal("not due after the interval")
	}
	must(t, third.Done(t.Context(), ""))
	for _, before := range []time.Duration{time.Millisecond, time.Second} { // another node read the clock, and writes now
		now = now.Add(-before)
		if take(t, s, "a", time.Hour) != nil {
			t.Errorf("whoever read the clock %s before takes the turn again", before)
		}
		now = now.Add(before)
	}
	now = now.Add(-1000 * time.Hour) // the clock was ahead until now
	if take(t, s, "a", time.Hour) == nil {
		t.Error("what a clock did that was ahead keeps a chore from being done")
	}
}
