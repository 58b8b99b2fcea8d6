package store_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/enrollment"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

const day = 24 * time.Hour

func TestJudge(t *testing.T) {
	for _, test := range []struct {
		step              time.Duration
		devices, agreeing int64
		doubt             clock.Doubt
		settled           bool
	}{
		{step: 0, devices: 100},
		{step: 2 * day, devices: 100},
		{step: 2*day + 1, devices: 100, doubt: clock.ClockAhead},
		{step: -3 * day, devices: 100},
		{step: -3*day - 1, devices: 100, doubt: clock.ClockBehind},
		{step: 365 * day, devices: 100, agreeing: 19, doubt: clock.ClockAhead},
		{step: 365 * day, devices: 100, agreeing: 20, settled: true},
		{step: -365 * day, devices: 101, agreeing: 20, doubt: clock.ClockBehind},
		{step: -365 * day, devices: 101, agreeing: 21, settled: true},
		{step: 365 * day, devices: 3, agreeing: 1, doubt: clock.ClockAhead},
		{step: 365 * day, devices: 3, agreeing: 2, settled: true},
		{step: 365 * day, devices: 1, agreeing: 0, doubt: clock.ClockAhead},
		{step: 365 * day, devices: 1, agreeing: 1, settled: true},
		{step: 365 * day, devices: 0}, // there is nothing to lose
	} {
		t.Run(fmt.Sprintf("%v, %d of %d", test.step, test.agreeing, test.devices), func(t *testing.T) {
			e := clock.Evidence{Mark: noon, Now: noon.Add(test.step), Devices: test.devices, Agreeing: test.agreeing}
			doubt, settled := e.Judge()
			if doubt != test.doubt || settled != test.settled {
				t.Errorf("doubt %q, settled %t, want %q, %t", doubt, settled, test.doubt, test.settled)
			}
		})
	}
	if doubt, settled := (clock.Evidence{Now: noon, Devices: 5}).Judge(); doubt != "" || settled {
		t.Errorf("without a mark: doubt %q, settled %t", doubt, settled)
	}
	far := clock.Evidence{Mark: noon, Now: noon.AddDate(400, 0, 0), Devices: 5} // more than a Duration can hold
	if doubt, _ := far.Judge(); doubt != clock.ClockAhead {
		t.Errorf("four centuries ahead: doubt %q", doubt)
	}
	far.Mark, far.Now = far.Now, far.Mark
	if doubt, _ := far.Judge(); doubt != clock.ClockBehind {
		t.Errorf("four centuries behind: doubt %q", doubt)
	}
}

// No times of devices cause a doubt, and no device alone ends one if there are two or more.
func TestJudgeGoesByTheClockAndByMany(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := clock.Evidence{Mark: noon, Devices: rapid.Int64Range(1, 1e6).Draw(t, "devices")}
		e.Now = noon.Add(time.Duration(rapid.Int64Range(-int64(400*day), int64(400*day)).Draw(t, "step")))
		e.Agreeing = rapid.Int64Range(0, e.Devices).Draw(t, "agreeing")
		doubt, settled := e.Judge()
		alone, none := e, e
		alone.Agreeing, none.Agreeing = 1, 0
		without, _ := none.Judge()
		switch {
		case without == "" && doubt != "":
			t.Fatalf("%d devices cause the doubt %q", e.Agreeing, doubt)
		case settled != (without != "" && doubt == ""):
			t.Fatalf("settled is %t, of the doubt %q with them and %q without", settled, doubt, without)
		case e.Devices > 1:
			if by, _ := alone.Judge(); by != without {
				t.Fatalf("one of %d devices ends the doubt %q", e.Devices, without)
			}
		}
		if all := (clock.Evidence{Mark: noon, Now: e.Now, Devices: e.Devices, Agreeing: e.Devices}); without != "" {
			if doubt, settled := all.Judge(); doubt != "" || !settled {
				t.Fatalf("all devices agree, and the doubt %q is left", doubt)
			}
		}
	})
}

func TestLargeDrop(t *testing.T) {
	for _, test := range []struct {
		drop clock.Drop
		want bool
	}{
		{clock.Drop{}, false},
		{clock.Drop{Hidden: 19, Shown: 19, Stored: 19}, false},
		{clock.Drop{Hidden: 20, Shown: 20, Stored: 20}, true},
		{clock.Drop{Hidden: 20, Shown: 100, Stored: 1000}, true},
		{clock.Drop{Hidden: 20, Shown: 101, Stored: 101}, false},
		{clock.Drop{Forgotten: 20, Shown: 50, Stored: 100}, true},
		{clock.Drop{Forgotten: 20, Shown: 50, Stored: 101}, false},
		{clock.Drop{Forgotten: 19, Hidden: 19, Shown: 30, Stored: 30}, false},
	} {
		if got := test.drop.Large(); got != test.want {
			t.Errorf("%+v: %t, want %t", test.drop, got, test.want)
		}
	}
}

func TestDropCountsWhatAssignTakes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		for i := range 60 {
			receive(t, s, software(fmt.Sprint("device ", i), "a"), noon.Add(time.Duration(i)*day))
		}
		receive(t, s, software("of a clock that was ahead", "a"), noon.AddDate(5, 0, 0))
		drop, err := s.Clock.Drop(t.Context(), org, noon.Add(40*day), noon.Add(25*day))
		must(t, err)
		equal(t, "drop", drop, clock.Drop{Hidden: 40, Shown: 61, Forgotten: 25, Stored: 61})
		beginAndLook(t, s, noon, func(*publication.Pinning) (publication.Terms, error) {
			within, err := s.Clock.Drop(t.Context(), org, noon.Add(40*day), noon.Add(25*day))
			equal(t, "drop within the transaction", within, drop)
			return publication.Terms{HideBefore: noon.Add(40 * day), ForgetBefore: noon.Add(25 * day)}, err
		}, func(p *publication.Planning) error {
			equal(t, "hidden and shown", []int64{pinned(t, s, rbac.HiddenGroup), pinned(t, s, 0)}, []int64{15, 21})
			return nil
		})
		again, err := s.Clock.Drop(t.Context(), org, noon.Add(40*day), noon.Add(25*day))
		must(t, err)
		equal(t, "drop afterwards", again.Devices(), int64(0))
	})
}

// With a placement that keeps devices, a silent device is moved to no group anew, and a new device
// gets its group.
func TestAssignKeepingTakesNobodyOut(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		old := receive(t, s, software("old", "a"), noon).DeviceID
		seal(t, s, begin(t, s, noon), noon)
		unseen := receive(t, s, software("new, and never seen again", "a"), noon).DeviceID
		beginWith(t, s, noon.Add(365*day), func(*publication.Pinning) (publication.Terms, error) {
			return publication.Terms{HideBefore: noon.Add(300 * day), Keeping: true}, nil
		})
		for _, id := range []string{old, unseen} {
			device, _ := load(t, s, id)
			equal(t, "group", []any{device.Group, device.Assigned}, []any{int64(0), true})
		}
	})
}

// agreeing makes a report whose device's clock says a time.
func agreeing(n int, said time.Time) reports.Incoming {
	in := software(fmt.Sprint("device ", n), "a")
	in.Said = said
	return in
}

func TestWatchClock(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		watch := func(now time.Time, word bool, want clock.Doubt) clock.Clock {
			t.Helper()
			looked, err := s.Clock.Judge(t.Context(), org, now)
			must(t, err)
			c, err := s.Clock.Watch(t.Context(), org, now, word)
			must(t, err)
			equal(t, "doubt", c.Doubt, want)
			if !word {
				equal(t, "doubt of who only looks", looked.Doubt, want)
			}
			if (c.String() == "") != (want == "") {
				t.Errorf("the doubt %q is %q", want, c.String())
			}
			return c
		}
		watch(noon.AddDate(10, 0, 0), false, "") // without devices there is nothing to lose
		watch(noon, false, "")
		for n := range 5 {
			receive(t, s, agreeing(n, noon), noon)
		}
		watch(noon.Add(20*time.Hour), false, "")
		now := noon.Add(400 * day)
		watch(now, false, clock.ClockAhead)
		receive(t, s, agreeing(0, now), now)
		receive(t, s, agreeing(0, now), now)
		receive(t, s, agreeing(1, noon), now)
		receive(t, s, agreeing(2, time.Time{}), now)
		receive(t, s, agreeing(3, now.Add(25*time.Hour)), now)
		watch(now, false, clock.ClockAhead)
		receive(t, s, agreeing(1, now.Add(time.Hour)), now)
		c := watch(now, false, "")
		if !c.Silent(day).IsZero() || !c.Settled.Equal(now) || !c.Since.Equal(now) {
			t.Errorf("after a doubt: %+v", c)
		}
		back := noon.Add(time.Hour) // the reports at noon were about another clock
		watch(back, false, clock.ClockBehind)
		c = watch(back, true, "")
		equal(t, "who is silent by a word", c.Silent(day), back.Add(-day))
		must(t, s.Clock.SetShrinking(t.Context(), org, 33))
		if c := watch(back, false, clock.FleetShrinks); !strings.Contains(c.String(), "33 devices") {
			t.Errorf("it says %q", c.String())
		}
		watch(back, true, "")

		_, err := s.Clock.Watch(t.Context(), "nobody", noon, false)
		isError(t, err, database.ErrNotFound, `"nobody"`)
	})
}

// A database from before the clock was watched takes its newest stored time as the mark.
func TestTheFirstLookGoesByWhatIsStored(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receive(t, s, agreeing(0, noon), noon)
		receive(t, s, agreeing(1, noon), noon)
		now := noon.Add(60 * day)
		for range 2 { // reports that arrive meanwhile do not end the doubt
			c, err := s.Clock.Watch(t.Context(), org, now, false)
			must(t, err)
			equal(t, "doubt", []any{c.Doubt, c.Mark}, []any{clock.ClockAhead, noon})
			receive(t, s, agreeing(0, noon), now)
		}
	})
}

// Things of the whole server expire by the newest time that was believed: used assertions, ended
// enrolments, expired secrets.
func TestAClockThatIsAheadExpiresNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		receive(t, s, agreeing(0, noon), noon)
		_, err := s.Clock.Watch(ctx, org, noon, false)
		must(t, err)
		use := func(hash byte, now time.Time) bool {
			fresh, err := s.Access.UseAssertion(ctx, "client", [32]byte{hash}, noon.Add(2*time.Hour), now)
			must(t, err)
			return fresh
		}
		equal(t, "first use", use(1, noon), true)
		equal(t, "another, a year ahead", use(2, noon.Add(365*day)), true)
		equal(t, "used again when the clock is right", use(1, noon.Add(time.Hour)), false)

		enrollment := enrollment.Enrollment{ID: "e", Organization: org, Name: "e", Hash: [32]byte{1}, MaxUses: 1,
			Created: noon, Expires: noon.Add(30 * day)}
		must(t, s.Enrollments.Add(ctx, enrollment))
		ahead := enrollment
		ahead.ID, ahead.Hash, ahead.Created, ahead.Expires = "f", [32]byte{2}, noon.Add(365*day), noon.Add(366*day)
		must(t, s.Enrollments.Add(ctx, ahead))
		all, err := s.Enrollments.All(ctx, org)
		must(t, err)
		equal(t, "enrolments", len(all), 2)
	})
}

// A report that is older than the last one, which came while the clock was ahead, sets the
// last-seen time right.
func TestLastSeenOfAClockThatWasAheadIsSetRight(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		in := software("host", "a")
		in.Seen = time.Time{}
		id := receive(t, s, in, noon.Add(365*day)).DeviceID
		receive(t, s, in, noon)
		device, _ := load(t, s, id)
		equal(t, "last seen", device.LastSeen, noon)
	})
}
