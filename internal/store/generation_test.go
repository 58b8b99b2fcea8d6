package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// assign pins all devices, as a generation at a given time does.
func assign(now time.Time) func(*publication.Pinning) (publication.Terms, error) {
	return func(p *publication.Pinning) (publication.Terms, error) {
		return publication.Terms{Pin: []byte(`{"catalog":"c"}`), HideBefore: now.AddDate(0, 0, -30),
			ForgetBefore: now.AddDate(0, 0, -180)}, nil
	}
}

// terms pins nothing but devices.
func terms(unseen, forget time.Time) func(*publication.Pinning) (publication.Terms, error) {
	return func(*publication.Pinning) (publication.Terms, error) {
		return publication.Terms{HideBefore: unseen, ForgetBefore: forget}, nil
	}
}

// beginWith begins a generation and places its devices.
func beginWith(t testing.TB, s *store.Store, now time.Time,
	pin func(*publication.Pinning) (publication.Terms, error)) publication.Generation {
	t.Helper()
	return beginAndLook(t, s, now, pin, func(p *publication.Planning) error { return nil })
}

// beginAndLook begins a generation and looks at where it has placed its devices.
func beginAndLook(t testing.TB, s *store.Store, now time.Time,
	pin func(*publication.Pinning) (publication.Terms, error),
	look func(p *publication.Planning) error) publication.Generation {
	t.Helper()
	g, _, err := s.Publication.Begin(t.Context(), org, now, pin)
	must(t, err)
	g, err = s.Publication.Plan(t.Context(), org, g.Number,
		func(p *publication.Planning) ([]byte, error) { return g.Pin, look(p) })
	must(t, err)
	return g
}

// begin begins a generation that must be a new one.
func begin(t testing.TB, s *store.Store, now time.Time) publication.Generation {
	t.Helper()
	g, resumed, err := s.Publication.Begin(t.Context(), org, now, assign(now))
	must(t, err)
	if resumed {
		t.Fatalf("generation %d was resumed, want a new one", g.Number)
	}
	g, err = s.Publication.Plan(t.Context(), org, g.Number,
		func(*publication.Planning) ([]byte, error) { return g.Pin, nil })
	must(t, err)
	return g
}

// owner has the lease on the organization.
func owner(t testing.TB, s *store.Store) *publication.Lease {
	t.Helper()
	lease, err := s.Publication.TakeLease(t.Context(), org, "owner")
	must(t, err)
	return lease
}

// worker is the process that makes ranges.
func worker(t testing.TB, s *store.Store) *publication.Worker {
	t.Helper()
	w, err := s.Workers.Join(t.Context(), "node", "{}")
	must(t, err)
	return w
}

// start starts attempts that nothing keeps from being started.
func start(t testing.TB, w *publication.Worker, number int64, attempts ...publication.Attempt) {
	t.Helper()
	started, err := w.Start(t.Context(), org, number, attempts...)
	must(t, err)
	equal(t, "started", started, attempts)
}

func seal(t testing.TB, s *store.Store, g publication.Generation, now time.Time) publication.Snapshot {
	t.Helper()
	snapshot, err := owner(t, s).Seal(t.Context(), g.Number, manifest(g.Number), now)
	must(t, err)
	return snapshot
}

func manifest(number int64) publication.ManifestRef {
	return publication.ManifestRef{Path: fmt.Sprintf("m/%d.json", number),
		SHA256: [32]byte{byte(number)}, Totals: `{"devices":1}`}
}

func TestBeginPinsOrResumes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receive(t, s, software("host", "a"), noon)
		g := begin(t, s, noon)
		equal(t, "generation", g, publication.Generation{
			Number: 1, State: publication.Running, Begun: noon, Revision: 1, Pin: []byte(`{"catalog":"c"}`), Planned: true,
		})
		receive(t, s, software("host", "b"), noon)
		again, resumed, err := s.Publication.Begin(t.Context(), org, noon.Add(time.Hour),
			func(*publication.Pinning) (publication.Terms, error) {
				return publication.Terms{}, errors.New("a running generation was pinned again")
			})
		must(t, err)
		equal(t, "resumed", resumed, true)
		equal(t, "resumed generation", again, g)
	})
}

func TestBeginIsWholeOrNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		receipt := receive(t, s, software("host", "a"), noon)
		broken := errors.New("no catalog")
		_, _, err := s.Publication.Begin(t.Context(), org, noon, func(p *publication.Pinning) (publication.Terms, error) {
			return publication.Terms{HideBefore: noon, ForgetBefore: noon.AddDate(0, 0, 1)}, broken
		})
		isError(t, err, broken, "generation 1")
		device, _ := load(t, s, receipt.DeviceID)
		equal(t, "assigned", device.Assigned, false)
		equal(t, "next number", begin(t, s, noon).Number, int64(1))

		_, _, err = s.Publication.Begin(t.Context(), "nobody", noon, assign(noon))
		isError(t, err, database.ErrNotFound, `"nobody"`)
	})
}

func TestAssign(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		unseen, forget := noon.AddDate(0, 0, -30), noon.AddDate(0, 0, -180)
		ids := map[string]string{}
		for name, received := range map[string]time.Time{
			"current": unseen, "hidden": unseen.Add(-1 * time.Millisecond), "oldest": forget,
			"forgotten": forget.Add(-1 * time.Millisecond),
		} {
			ids[name] = receive(t, s, software(name, name), received).DeviceID
		}
		g := beginAndLook(t, s, noon, func(p *publication.Pinning) (publication.Terms, error) {
			equal(t, "number", p.Number(), int64(1))
			equal(t, "begun", p.Begun(), noon)
			return publication.Terms{HideBefore: unseen, ForgetBefore: forget}, nil
		}, func(p *publication.Planning) error {
			groups, err := p.Groups()
			equal(t, "groups", groups, []int64{rbac.HiddenGroup, 0})
			equal(t, "hidden devices", pinned(t, s, rbac.HiddenGroup), int64(2))
			return err
		})
		for name, want := range map[string]int64{"current": 0, "hidden": rbac.HiddenGroup, "oldest": rbac.HiddenGroup} {
			device, _ := load(t, s, ids[name])
			equal(t, name, []any{device.Group, device.Assigned, device.Published}, []any{want, true, false})
		}
		_, _, err := s.Reports.Load(t.Context(), org, ids["forgotten"])
		isError(t, err, database.ErrNotFound, "")

		seal(t, s, g, noon)
		receive(t, s, software("hidden", "hidden"), noon)
		begin(t, s, noon)
		device, _ := load(t, s, ids["hidden"])
		equal(t, "a device that came back", []int64{device.Group, device.PublishedGroup}, []int64{0, rbac.HiddenGroup})
		equal(t, "published", device.Published, true)
	})
}

func TestRangesOfAGroup(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		id := func(n int) string { return fmt.Sprintf("%040x", n) }
		var batch []reports.Incoming
		for n := range 10 {
			batch = append(batch, reports.Incoming{Device: inventory.Device{ID: id(n), Name: fmt.Sprintf("Host-%d_%%", n)}})
		}
		_, err := s.Reports.Receive(t.Context(), org, manager, batch, noon)
		must(t, err)
		beginAndLook(t, s, noon, terms(noon, noon), func(p *publication.Planning) error {
			for every, want := range map[int][]string{1: {id(1), id(2), id(3), id(4), id(5), id(6), id(7), id(8), id(9)},
				4: {id(4), id(8)}, 5: {id(5)}, 10: nil} {
				cuts, err := p.Boundaries(0, every)
				must(t, err)
				equal(t, fmt.Sprint("cut every ", every), cuts, want)
			}
			if _, err := p.Boundaries(0, 0); err == nil {
				t.Error("ranges of no device were cut")
			}
			return nil
		})

		ids := func(devices []reports.Device, err error) (ids []string) {
			must(t, err)
			for _, device := range devices {
				ids = append(ids, device.ID)
			}
			return ids
		}
		ctx := t.Context()
		equal(t, "[4, 8)", ids(s.Reports.Devices(ctx, org, 0, id(4), id(8))), []string{id(4), id(5), id(6), id(7)})
		equal(t, "[8, end)", ids(s.Reports.Devices(ctx, org, 0, id(8), "")), []string{id(8), id(9)})
		equal(t, "another group", ids(s.Reports.Devices(ctx, org, 1, "", "")), []string(nil))
		equal(t, "page", ids(s.Reports.ListDevices(ctx, org, reports.DeviceFilter{After: id(2), AllGroups: true}, 2)),
			[]string{id(3), id(4)})
		equal(t, "by name", ids(s.Reports.ListDevices(ctx, org, reports.DeviceFilter{Name: "hOST-7", AllGroups: true}, 10)),
			[]string{id(7)})
		equal(t, "by a sign that is no wildcard",
			ids(s.Reports.ListDevices(ctx, org, reports.DeviceFilter{After: id(8), Name: "_%", AllGroups: true}, 10)),
			[]string{id(9)})
		equal(t, "by another", ids(s.Reports.ListDevices(ctx, org, reports.DeviceFilter{Name: "!", AllGroups: true}, 10)),
			[]string(nil))

		must(t, s.Reports.RemoveDevice(ctx, org, id(9)))
		isError(t, s.Reports.RemoveDevice(ctx, org, id(9)), database.ErrNotFound, id(9))
		count, err := s.Reports.CountDevices(ctx, org)
		must(t, err)
		equal(t, "devices left", count, int64(9))
		equal(t, "assigned again", receive(t, s, batch[9], noon).Changed, true)
		equal(t, "a new device is in no group", ids(s.Reports.Devices(ctx, org, 0, id(9), "")), []string(nil))
	})
}

func TestTheFirstAttemptWins(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		g := begin(t, s, noon)
		w := worker(t, s)
		for _, id := range []string{"a", "b", "c"} {
			start(t, w, g.Number, publication.Attempt{ID: id, Range: 0})
		}
		for _, test := range []struct {
			attempt string
			want    bool
		}{{"b", true}, {"a", false}, {"b", true}, {"a", false}} {
			won, err := complete(t, w, g.Number, 0, test.attempt, []byte(test.attempt))
			must(t, err)
			equal(t, "attempt "+test.attempt+" won", won, test.want)
		}
		_, err := complete(t, w, g.Number, 1, "c", nil)
		isError(t, err, database.ErrNotFound, `"c"`) // the attempt is at another range
		completions, err := s.Publication.Completions(ctx, org, g.Number)
		must(t, err)
		equal(t, "completions", completions, map[int][]byte{0: []byte("b")})
		equal(t, "dead attempts", dead(t, s), []publication.Attempt{{ID: "a", Generation: g.Number, Range: 0}})

		must(t, owner(t, s).ForgetAttempt(ctx, "a", 0))
		must(t, owner(t, s).ForgetAttempt(ctx, "b", 0))
		_, err = complete(t, w, g.Number, 0, "a", nil)
		isError(t, err, database.ErrNotFound, `"a"`)
		won, err := complete(t, w, g.Number, 0, "b", nil)
		must(t, err)
		equal(t, "a winner is not forgotten", won, true)
	})
}

// dead lists the attempts whose files may be removed.
func dead(t testing.TB, s *store.Store) []publication.Attempt {
	t.Helper()
	attempts, err := s.Publication.DeadAttempts(t.Context(), org)
	must(t, err)
	return attempts
}

func TestLateAttemptsLose(t *testing.T) {
	late := publication.Attempt{ID: "late", Range: 7}
	ends := map[string]func(context.Context, *store.Store, *publication.Worker, publication.Generation) error{
		"abandoned": func(ctx context.Context, s *store.Store, w *publication.Worker, g publication.Generation) error {
			return w.Abandon(ctx, org, g.Number, publication.Failure{}, late)
		},
		"failed": func(ctx context.Context, s *store.Store, _ *publication.Worker, g publication.Generation) error {
			return owner(t, s).Fail(ctx, g.Number, "disk full")
		},
		"sealed": func(ctx context.Context, s *store.Store, _ *publication.Worker, g publication.Generation) error {
			_, err := owner(t, s).Seal(ctx, g.Number, manifest(g.Number), noon)
			return err
		},
	}
	for name, end := range ends {
		t.Run(name, func(t *testing.T) {
			storetest.Each(t, func(t *testing.T, s *store.Store) {
				g := begin(t, s, noon)
				w := worker(t, s)
				start(t, w, g.Number, late)
				must(t, end(t.Context(), s, w, g))
				won, err := complete(t, w, g.Number, 7, "late", []byte("x"))
				must(t, err)
				equal(t, "late attempt won", won, false)
				equal(t, "dead attempts", dead(t, s), []publication.Attempt{{ID: "late", Generation: g.Number, Range: 7}})
			})
		})
	}
}

func TestFailedGenerationLeavesNothing(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		g := begin(t, s, noon)
		w := worker(t, s)
		start(t, w, g.Number, publication.Attempt{ID: "won", Range: 0})
		_, err := complete(t, w, g.Number, 0, "won", []byte("x"))
		must(t, err)
		must(t, owner(t, s).Fail(ctx, g.Number, "disk full"))

		failed, err := s.Publication.Generation(ctx, org, g.Number)
		must(t, err)
		equal(t, "state", []any{failed.State, failed.Failure}, []any{publication.Failed, "disk full"})
		completions, err := s.Publication.Completions(ctx, org, g.Number)
		must(t, err)
		equal(t, "completions", len(completions), 0)
		equal(t, "dead attempts", len(dead(t, s)), 1)

		_, err = w.Start(ctx, org, g.Number, publication.Attempt{ID: "next", Range: 1})
		isError(t, err, publication.ErrNotRunning, "generation 1")
		isError(t, owner(t, s).StartManifest(ctx, g.Number, "m"), publication.ErrNotRunning, "generation 1")
		isError(t, owner(t, s).Fail(ctx, g.Number, "again"), publication.ErrNotRunning, "generation 1")
		_, err = owner(t, s).Seal(ctx, g.Number, manifest(g.Number), noon)
		isError(t, err, publication.ErrNotRunning, "generation 1")
		_, err = s.Publication.Latest(ctx, org)
		isError(t, err, database.ErrNotFound, "snapshot")
	})
}

func TestTimesIncreaseWhateverTheClockDoes(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		const ms = time.Millisecond
		for _, test := range []struct{ begin, begun, seal, generated time.Duration }{
			{0, 0, 500 * ms, time.Second},                                         // rounded up
			{999 * ms, time.Second, 500 * ms, 2 * time.Second},                    // the clock stands
			{-time.Hour, 2 * time.Second, -time.Hour, 3 * time.Second},            // it goes back
			{time.Hour + 999*ms, time.Hour, time.Hour, time.Hour},                 // it is right again: cut to seconds
			{0, time.Hour + time.Second, 0, time.Hour + time.Second},              // back once more
			{-time.Hour, time.Hour + 2*time.Second, 0, time.Hour + 2*time.Second}, // and again
		} {
			g := begin(t, s, noon.Add(test.begin))
			equal(t, "begun", g.Begun, noon.Add(test.begun))
			snapshot := seal(t, s, g, noon.Add(test.seal))
			equal(t, "generated", snapshot.Generated, noon.Add(test.generated))
		}
	})
}

// complete ends one attempt.
func complete(t testing.TB, w *publication.Worker, number int64, rng int, id string,
	result []byte) (won bool, err error) {
	all, err := w.Complete(t.Context(), org, number,
		publication.Outcome{Attempt: publication.Attempt{ID: id, Range: rng}, Result: result})
	return err == nil && all[0], err
}
