package store_test

import (
	"database/sql"
	"errors"
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/store/reports"
	"github.com/muster-project/muster/internal/store/storetest"
)

// A lease that has ended stays its owner's until another takes it; from then on nothing of the old
// owner counts.
func TestLeaseIsTakenOverOnceItHasEnded(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	ctx := t.Context()
	g := begin(t, s, noon)
	first, err := s.Publication.TakeLease(ctx, org, "first")
	must(t, err)
	must(t, first.StartManifest(ctx, g.Number, "a"))
	_, err = s.Publication.TakeLease(ctx, org, "second")
	isError(t, err, publication.ErrHeld, org)

	now = now.Add(publication.LeaseTime - time.Millisecond)
	_, err = s.Publication.TakeLease(ctx, org, "second")
	isError(t, err, publication.ErrHeld, org)
	must(t, first.Renew(ctx))
	now = now.Add(publication.LeaseTime)
	must(t, first.StartManifest(ctx, g.Number, "b")) // after the end of the lease, while nobody took it over

	second, err := s.Publication.TakeLease(ctx, org, "second")
	must(t, err)
	equal(t, "dead attempts", dead(t, s), []publication.Attempt{
		{ID: "a", Generation: g.Number, Range: publication.ManifestRange},
		{ID: "b", Generation: g.Number, Range: publication.ManifestRange}})
	never := func(*sql.Tx, []publication.Attempt) error { return errors.New("somebody else offered ranges") }
	_, sealing := first.Seal(ctx, g.Number, manifest(g.Number), noon)
	for what, err := range map[string]error{
		"sealing":    sealing,
		"renewing":   first.Renew(ctx),
		"starting":   first.StartManifest(ctx, g.Number, "c"),
		"burying":    first.Bury(ctx, g.Number, never),
		"failing":    first.Fail(ctx, g.Number, "late"),
		"forgetting": first.ForgetAttempt(ctx, "b", 0),
		"retiring":   first.SetRetention(ctx, 1, publication.Retired, publication.Retired),
		"repairing":  first.StartRepair(ctx, 1, noon, publication.Attempt{ID: "d"}),
		"resealing":  first.Reseal(ctx, publication.Repair{Number: 1}, noon),
		"giving up":  first.GiveUp(ctx, 1, publication.Retired, publication.Retired, nil, noon),
	} {
		t.Run(what, func(t *testing.T) { isError(t, err, publication.ErrLost, "") })
	}
	must(t, first.Release(ctx))
	must(t, second.Renew(ctx)) // the first owner could not release it
}

// The database's clock may be set: the owner of a lease with too late an end may be dead, and
// nobody must wait for a year.
func TestLeaseOfAClockThatWasAheadHasEnded(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Database: database.Config{Clock: func() time.Time { return now }}})
	ctx := t.Context()
	now = noon.AddDate(1, 0, 0)
	_, err := s.Publication.TakeLease(ctx, org, "ahead")
	must(t, err)
	now = noon
	_, err = s.Publication.TakeLease(ctx, org, "right")
	must(t, err)
	_, err = s.Publication.TakeLease(ctx, org, "other")
	isError(t, err, publication.ErrHeld, org)
	must(t, s.Publication.EndLease(ctx, org)) // a starting program has proved the owner dead
	_, err = s.Publication.TakeLease(ctx, org, "other")
	must(t, err)
}

// One request waits per organization. A generation answers it if it began after all callers had
// joined, covers the newest report of each, and does what each of them wants.
func TestRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rapid.Check(t, func(t *rapid.T) { requests(t, s) })
	})
}

// requests compares one history of requests and generations with a model.
func requests(t *rapid.T, s *store.Store) {
	ctx := t.Context()
	s0, err := s.Publication.Generations(ctx, org, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s0) > 0 && s0[0].State == publication.Running {
		t.Fatal("a history left a generation running")
	}
	fatal := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	lease, err := s.Publication.TakeLease(ctx, org, "owner")
	fatal(err)
	var waits *publication.Request // the model
	read := publication.Request{}  // as a worker read it
	answers := map[string]int64{}
	t.Repeat(map[string]func(*rapid.T){
		"report": func(t *rapid.T) {
			_, err := s.Reports.Receive(ctx, org, manager,
				[]reports.Incoming{software("host", rapid.StringMatching(`[a-z]{3}`).Draw(t, "software"))}, noon)
			fatal(err)
		},
		"ask": func(t *rapid.T) {
			wish := publication.Wish{Rebuild: rapid.Bool().Draw(t, "rebuild"), Patient: rapid.Bool().Draw(t, "patient")}
			revision := revisionOf(t, s)
			got, err := s.Publication.Ask(ctx, org, wish, noon)
			fatal(err)
			want := publication.Request{ID: got.ID, Revision: revision, Asked: noon, Wish: wish}
			if waits != nil {
				want.ID = waits.ID
				want.Rebuild, want.Patient = want.Rebuild || waits.Rebuild, want.Patient || waits.Patient
			}
			if _, answered := answers[got.ID]; got != want || answered {
				t.Fatalf("asked: %+v, want %+v; answered before: %t", got, want, answered)
			}
			waits = &want
		},
		"read": func(t *rapid.T) {
			got, err := s.Publication.Requested(ctx, org)
			if (err == nil) != (waits != nil) || waits != nil && got != *waits {
				t.Fatalf("what waits is %+v, %v; want %+v", got, err, waits)
			}
			read = got
		},
		"begin": func(t *rapid.T) {
			g, _, err := s.Publication.Begin(ctx, org, noon, func(p *publication.Pinning) (publication.Terms, error) {
				return publication.Terms{}, p.Answer(lease, read)
			})
			fits := waits != nil && waits.ID == read.ID && waits.Rebuild == read.Rebuild
			if (err == nil) != fits {
				t.Fatalf("beginning by %+v while %+v waits: %v", read, waits, err)
			}
			if err != nil {
				return
			}
			if g.Request != waits.ID || g.Revision < waits.Revision {
				t.Fatalf("generation %+v does not answer %+v", g, waits)
			}
			answers[g.Request], waits = g.Number, nil
			fatal(lease.Fail(ctx, g.Number, "no more is wanted"))
		},
		"refuse": func(t *rapid.T) {
			fatal(s.Publication.Refuse(ctx, org, read))
			if waits == nil || waits.ID != read.ID {
				return
			}
			if waits.Rebuild = false; !waits.Patient {
				waits = nil
			}
		},
		"": func(t *rapid.T) {
			for id, number := range answers {
				if g, err := s.Publication.Answered(ctx, org, id); err != nil || g.Number != number {
					t.Fatalf("request %q is answered by %d, %v, want %d", id, g.Number, err, number)
				}
			}
		},
	})
	if waits != nil {
		fatal(s.Publication.Withdraw(ctx, org, *waits))
	}
}

func revisionOf(t *rapid.T, s *store.Store) int64 {
	all, err := s.Organizations.All(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, o := range all {
		if o.ID == org {
			return o.Revision
		}
	}
	t.Fatal("the organization is gone")
	return 0
}
