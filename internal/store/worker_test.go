package store_test

import (
	"database/sql"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/storetest"
)

// bury looks for dead workers, and returns the ids of dead attempts.
func bury(t testing.TB, s *store.Store, number int64) (ids []string) {
	t.Helper()
	must(t, owner(t, s).Bury(t.Context(), number, func(_ *sql.Tx, dead []publication.Attempt) error {
		ids = nil
		for _, a := range dead {
			ids = append(ids, a.ID)
		}
		return nil
	}))
	return ids
}

func at(rng int, id string) publication.Attempt { return publication.Attempt{ID: id, Range: rng} }

// A worker lives until somebody finds that its time is over. From then on nothing of it counts.
func TestADeadWorkerChangesNothing(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	ctx := t.Context()
	g := begin(t, s, noon)
	first, second := worker(t, s), worker(t, s)
	start(t, first, g.Number, at(0, "a"), at(1, "b"))
	started, err := second.Start(ctx, org, g.Number, at(0, "c"), at(1, "d"), at(2, "e"))
	must(t, err)
	equal(t, "started where another worker's attempts run", started, []publication.Attempt{at(2, "e")})
	for range 3 {
		now = now.Add(publication.WorkerTime - time.Millisecond)
		must(t, first.Beat(ctx))
		must(t, second.Beat(ctx))
		equal(t, "dead while both live", bury(t, s, g.Number), []string(nil))
	}
	now = now.Add(publication.WorkerTime)
	must(t, second.Beat(ctx))
	won, err := complete(t, first, g.Number, 0, "a", []byte("a"))
	must(t, err)
	equal(t, "won before anybody noticed", won, true)
	all, err := s.Workers.All(ctx)
	must(t, err)
	for _, w := range all {
		equal(t, "lives "+w.ID, w.Live, w.ID == second.ID())
	}
	equal(t, "dead", bury(t, s, g.Number), []string{"b"})
	_, completing := complete(t, first, g.Number, 1, "b", nil)
	_, starting := first.Start(ctx, org, g.Number, at(3, "f"))
	for what, err := range map[string]error{"completing": completing, "starting": starting, "beating": first.Beat(ctx)} {
		t.Run(what, func(t *testing.T) { isError(t, err, publication.ErrBuried, "") })
	}
	started, err = second.Start(ctx, org, g.Number, at(0, "g"), at(1, "h"))
	must(t, err)
	equal(t, "started of a complete range and one that was left", started, []publication.Attempt{at(1, "h")})
	standing, err := s.Publication.Standing(ctx, org, g.Number)
	must(t, err)
	equal(t, "standing", standing, publication.Standing{Complete: 1, Running: 2})
	must(t, second.Leave(ctx))
	equal(t, "dead when the worker has left", bury(t, s, g.Number), []string{"b", "h", "e"})
}

// A new owner of the lease leaves alone what workers make, and ends what its predecessor made.
func TestAttemptsOfWorkersOutliveTheLease(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		g := begin(t, s, noon)
		w := worker(t, s)
		start(t, w, g.Number, at(0, "a"))
		must(t, owner(t, s).StartManifest(ctx, g.Number, "m"))
		must(t, s.Publication.EndLease(ctx, org))
		_, err := s.Publication.TakeLease(ctx, org, "another")
		must(t, err)
		equal(t, "dead", dead(t, s), []publication.Attempt{{ID: "m", Generation: g.Number, Range: publication.ManifestRange}})
		won, err := complete(t, w, g.Number, 0, "a", nil)
		must(t, err)
		equal(t, "won", won, true)

		left := worker(t, s)
		start(t, left, g.Number, at(1, "b"))
		must(t, s.Workers.End(ctx, w.ID())) // a starting program has proved all others dead
		_, err = s.Publication.TakeLease(ctx, org, "another")
		must(t, err)
		equal(t, "dead without their worker", len(dead(t, s)), 2)
		must(t, w.Beat(ctx))
	})
}

// An attempt that takes too long is dead although its worker lives.
func TestAnAttemptDoesNotRunForever(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	g := begin(t, s, noon)
	w := worker(t, s)
	start(t, w, g.Number, at(0, "a"))
	now = now.Add(publication.AttemptTime)
	must(t, w.Beat(t.Context()))
	equal(t, "dead in time", bury(t, s, g.Number), []string(nil))
	now = now.Add(time.Millisecond)
	equal(t, "dead", bury(t, s, g.Number), []string{"a"})
	won, err := complete(t, w, g.Number, 0, "a", nil)
	must(t, err)
	equal(t, "won", won, false)
}

// A worker of a clock that was ahead is dead once the clock is right.
func TestWorkerOfAClockThatWasAheadIsDead(t *testing.T) {
	now := noon.AddDate(1, 0, 0)
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	g := begin(t, s, noon)
	w := worker(t, s)
	start(t, w, g.Number, at(0, "a"))
	now = noon
	equal(t, "dead", bury(t, s, g.Number), []string{"a"})
	isError(t, w.Beat(t.Context()), publication.ErrBuried, "")
}

// An attempt is abandoned with or without a reason. One that was forgotten is recorded again, because
// its worker may have written files since.
func TestAbandon(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		ctx := t.Context()
		g := begin(t, s, noon)
		w, other := worker(t, s), worker(t, s)
		start(t, w, g.Number, at(0, "back"), at(1, "full"), at(2, "won"), at(3, "forgotten"))
		_, err := complete(t, w, g.Number, 2, "won", nil)
		must(t, err)
		must(t, w.Abandon(ctx, org, g.Number, publication.Failure{}, at(0, "back")))
		full := publication.Failure{Kind: "full", Text: "no room"}
		must(t, w.Abandon(ctx, org, g.Number, full, at(1, "full"), at(2, "won")))
		must(t, w.Leave(ctx))
		must(t, owner(t, s).ForgetAttempt(ctx, "forgotten", 0))
		must(t, w.Abandon(ctx, org, g.Number, publication.Failure{}, at(3, "forgotten")))
		standing, err := s.Publication.Standing(ctx, org, g.Number)
		must(t, err)
		equal(t, "standing", standing, publication.Standing{Complete: 1, Failures: []publication.Failure{full}})
		equal(t, "to be made again", bury(t, s, g.Number), []string{"back", "full"})
		equal(t, "to be swept", dead(t, s), []publication.Attempt{{ID: "forgotten", Generation: 1, Range: publication.Superseded},
			{ID: "back", Generation: 1, Range: 0}, {ID: "full", Generation: 1, Range: 1}})

		start(t, other, g.Number, at(1, "again"))
		_, err = complete(t, other, g.Number, 1, "again", nil)
		must(t, err)
		standing, err = s.Publication.Standing(ctx, org, g.Number)
		must(t, err)
		equal(t, "failures of complete ranges", len(standing.Failures), 0)
	})
}
