package intake

import (
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/store/reports"
)

// For any claims: no more is taken than there is, no share is exceeded, everything is given back,
// and an owner without memory never waits longer than others keep theirs.
func TestRoomIsShared(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		const limit = 1000
		type wish struct {
			owner
			size int64
			at   time.Duration
		}
		wishes := make([]wish, rapid.IntRange(1, 60).Draw(rt, "wishes"))
		for i := range wishes {
			wishes[i] = wish{
				owner{fmt.Sprint("o", rapid.IntRange(0, 2).Draw(rt, "organization")),
					fmt.Sprint("c", rapid.IntRange(0, 2).Draw(rt, "caller"))},
				int64(rapid.IntRange(1, 1200).Draw(rt, "size")),
				time.Duration(rapid.IntRange(0, 3000).Draw(rt, "at")) * time.Millisecond,
			}
		}
		synctest.Test(t, func(st *testing.T) {
			r := newRoom(limit, 10*time.Second)
			var all sync.WaitGroup
			var taken atomic.Int64
			for _, w := range wishes {
				all.Go(func() {
					time.Sleep(w.at)
					got, err := r.take(st.Context(), w.owner, w.size)
					if err != nil {
						if !errors.Is(err, reports.ErrSaturated) || got != 0 {
							rt.Errorf("%d bytes and %v", got, err)
						}
						return
					}
					if now := taken.Add(got); now > limit || got != min(w.size, limit/4*3) {
						rt.Errorf("%d bytes are taken of %d, %d of them for a wish of %d", now, limit, got, w.size)
					}
					time.Sleep(100 * time.Millisecond)
					taken.Add(-got)
					r.give(w.owner, got)
				})
			}
			all.Wait()
			if r.taken != 0 || len(r.owners) > 0 || len(r.organizations) > 0 || len(r.waiting) > 0 {
				rt.Errorf("what is left: %d, %v, %v, %d claims", r.taken, r.owners, r.organizations, len(r.waiting))
			}
		})
	})
}

// A caller that takes all it can leaves room for others, and its waiting claims let owners
// without memory pass.
func TestRoomIsLeftToOthers(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(1000, 10*time.Second)
		one, other, foreign := owner{"o", "one"}, owner{"o", "other"}, owner{"p", "one"}
		for range 20 {
			go func() {
				if got, err := r.take(t.Context(), one, 100); err == nil {
					time.Sleep(time.Second)
					r.give(one, got)
				}
			}()
		}
		time.Sleep(time.Millisecond)
		if got := r.inUse(); got != 700 {
			t.Errorf("the caller has %d, want 700", got)
		}
		for _, o := range []owner{other, foreign} {
			begun := time.Now()
			if _, err := r.take(t.Context(), o, 100); err != nil || time.Since(begun) > 0 {
				t.Errorf("%v waited %v: %v", o, time.Since(begun), err)
			}
		}
		time.Sleep(5 * time.Second)
		if got := r.inUse(); got != 200 {
			t.Errorf("%d are taken, want the 200 of the others", got)
		}
	})
}

// A body that began before others took everything is not stopped in the middle. Before, bodies of
// 10,000 reports on 16 connections waited for each other, and everybody else with more than one
// piece waited, too.
func TestSmallBodiesAreNotStoppedInTheirMiddle(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(1000, 10*time.Second)
		if _, err := r.take(t.Context(), owner{"o", "one"}, 740); err != nil {
			t.Fatal(err)
		}
		for _, o := range []owner{{"o", "other"}, {"p", "foreign"}} {
			for range 6 {
				begun := time.Now()
				if _, err := r.takeMore(t.Context(), o, begun, 10); err != nil || time.Since(begun) > 0 {
					t.Errorf("%v waited %v: %v", o, time.Since(begun), err)
				}
			}
		}
	})
}

// Many bodies of one caller that take memory bit by bit, each less than the caller may have and
// all together far more, are served one after the other. None waits for ever.
func TestLargeBodiesDoNotWaitForEachOther(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(16_000, 10*time.Second)
		var all sync.WaitGroup
		for i := range 16 {
			all.Go(func() {
				born, o, has := time.Now().Add(time.Duration(i)), owner{"o", "one"}, int64(0)
				for range 60 {
					got, err := r.takeMore(t.Context(), o, born, 100)
					if err != nil {
						t.Errorf("body %d, which had %d: %v", i, has, err)
						break
					}
					has += got
					time.Sleep(time.Millisecond) // decoding
				}
				r.give(o, has)
				r.done(o, born)
			})
		}
		all.Wait()
		if r.inUse() != 0 || len(r.growing) != 0 {
			t.Errorf("%d are left, and %d grow", r.inUse(), len(r.growing))
		}
	})
}

// A claim that waits because its own caller has too much blocks nobody, however long it waits;
// and small claims do not overtake a large one for ever.
func TestOldClaims(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(1000, 10*time.Second)
		one, other, large := owner{"o", "one"}, owner{"o", "other"}, owner{"p", "large"}
		if _, err := r.take(t.Context(), one, 750); err != nil {
			t.Fatal(err)
		}
		go func() {
			if _, err := r.take(t.Context(), one, 100); !errors.Is(err, reports.ErrSaturated) {
				t.Errorf("more than its share: %v", err)
			}
		}()
		time.Sleep(6 * time.Second)
		begun := time.Now()
		if got, err := r.take(t.Context(), other, 100); err != nil || time.Since(begun) > 0 {
			t.Errorf("another caller waited %v: %v", time.Since(begun), err)
		} else {
			r.give(other, got)
		}
		time.Sleep(5 * time.Second)
		r.give(one, 750)

		begun = time.Now()
		for i := range 100 { // a stream of small claims, each of another caller, always four at a time
			go func() {
				time.Sleep(time.Duration(i) * 100 * time.Millisecond)
				small := owner{fmt.Sprint("s", i), "small"}
				if got, err := r.take(t.Context(), small, 100); err == nil {
					time.Sleep(400 * time.Millisecond)
					r.give(small, got)
				}
			}()
		}
		time.Sleep(time.Second)
		got, err := r.take(t.Context(), large, 700)
		if err != nil || time.Since(begun) > 7*time.Second {
			t.Errorf("a large claim waited %v: %v", time.Since(begun), err)
		}
		r.give(large, got)
		time.Sleep(20 * time.Second)
		if r.inUse() != 0 {
			t.Errorf("%d are left", r.inUse())
		}
	})
}

// Thousands may wait: who blocks them is determined from time to time for all of them, and at
// once for a new claim whose turn it is.
func TestThousandsWhoWaitCostWhatOneCosts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		r := newRoom(1000, 10*time.Second)
		var mu sync.Mutex
		var looks []owner
		r.crowded = func(_ int64, of owner) {
			mu.Lock()
			defer mu.Unlock()
			looks = append(looks, of)
		}
		looked := func() (all []owner) { // since the last call
			mu.Lock()
			defer mu.Unlock()
			all, looks = looks, nil
			return all
		}
		holder := owner{"o", "holder"}
		if _, err := r.take(t.Context(), holder, 700); err != nil {
			t.Fatal(err)
		}
		wait := func(o owner) {
			if got, err := r.take(t.Context(), o, 400); err == nil {
				r.give(o, got)
			} else {
				t.Error(err)
			}
		}
		var all sync.WaitGroup
		for i := range 3000 {
			all.Go(func() {
				time.Sleep(time.Duration(i) * time.Millisecond / 3)
				wait(owner{"o", fmt.Sprint(i)})
			})
		}
		time.Sleep(4500 * time.Millisecond)
		if n := len(looked()); n < 4 || n > 6 {
			t.Errorf("%d looks in 4.5 seconds, want one a second", n)
		}
		all.Go(func() { wait(owner{"another", "caller"}) })
		synctest.Wait()
		if at := looked(); len(at) != 1 || at[0] != (owner{}) {
			t.Errorf("for a newcomer of another organization was looked for %v", at)
		}
		r.give(holder, 700)
		all.Wait()
	})
}
