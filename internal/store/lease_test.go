package store_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/storetest"
)

// A lease that has ended is its owner's until somebody else takes it; then
// nothing of the owner before counts any more.
func TestLeaseIsTakenOverOnceItHasEnded(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Clock: func() time.Time { return now }})
	ctx := t.Context()
	g := begin(t, s, noon)
	first, err := s.TakeLease(ctx, org, "first")
	must(t, err)
	must(t, first.StartAttempts(ctx, g.Number, noon, store.Attempt{ID: "a", Range: 0}, store.Attempt{ID: "b", Range: 1}))
	_, err = s.TakeLease(ctx, org, "second")
	isError(t, err, store.ErrHeld, org)

	now = now.Add(store.LeaseTime - time.Millisecond)
	_, err = s.TakeLease(ctx, org, "second")
	isError(t, err, store.ErrHeld, org)
	must(t, first.Renew(ctx))
	now = now.Add(store.LeaseTime)
	won, err := first.Complete(ctx, g.Number, store.Outcome{Attempt: store.Attempt{ID: "a", Range: 0}, Devices: 3})
	must(t, err)
	equal(t, "won after the end of the lease, while nobody took it over", won, []bool{true})

	second, err := s.TakeLease(ctx, org, "second")
	must(t, err)
	equal(t, "dead attempts", dead(t, s), []store.Attempt{{ID: "b", Generation: g.Number, Range: 1}})
	outcome := store.Outcome{Attempt: store.Attempt{ID: "b", Range: 1}}
	_, completing := first.Complete(ctx, g.Number, outcome)
	_, sealing := first.Seal(ctx, g.Number, manifest(g.Number), noon)
	for what, err := range map[string]error{
		"completing": completing,
		"sealing":    sealing,
		"renewing":   first.Renew(ctx),
		"starting":   first.StartAttempts(ctx, g.Number, noon, store.Attempt{ID: "c", Range: 1}),
		"failing":    first.Fail(ctx, g.Number, "late"),
		"forgetting": first.ForgetAttempt(ctx, "b"),
		"retiring":   first.SetRetention(ctx, 1, store.Retired, store.Retired),
		"repairing":  first.StartRepair(ctx, 1, noon, store.Attempt{ID: "d"}),
		"resealing":  first.Reseal(ctx, store.Repair{Number: 1}, noon),
		"giving up":  first.GiveUp(ctx, 1, store.Retired, store.Retired, nil, noon),
	} {
		t.Run(what, func(t *testing.T) { isError(t, err, store.ErrLost, "") })
	}
	must(t, first.Release(ctx))
	must(t, second.Renew(ctx)) // it was not the first one's to give back
	won, err = second.Complete(ctx, g.Number, outcome)
	must(t, err)
	equal(t, "somebody else's attempt won", won, []bool{false})
	ranges, devices, err := s.Completed(ctx, org, g.Number)
	must(t, err)
	equal(t, "completed ranges and their devices", []int64{int64(ranges), devices}, []int64{1, 3})
}

// The database's clock may be set: an owner whose lease lasts longer than leases
// do may be dead, and nobody waits for a year.
func TestLeaseOfAClockThatWasAheadHasEnded(t *testing.T) {
	now := noon
	s := storetest.Open(t, store.Config{Clock: func() time.Time { return now }})
	ctx := t.Context()
	now = noon.AddDate(1, 0, 0)
	_, err := s.TakeLease(ctx, org, "ahead")
	must(t, err)
	now = noon
	_, err = s.TakeLease(ctx, org, "right")
	must(t, err)
	_, err = s.TakeLease(ctx, org, "other")
	isError(t, err, store.ErrHeld, org)
	must(t, s.EndLease(ctx, org)) // a program starts that has proved the owner dead
	_, err = s.TakeLease(ctx, org, "other")
	must(t, err)
}

// One request waits for an organization. A generation answers it if it began
// after everybody had joined, has the newest report that any of them could know
// of, and does what each of them wishes.
func TestRequests(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		rapid.Check(t, func(t *rapid.T) { requests(t, s) })
	})
}

// requests lives one history of requests and generations against a model.
func requests(t *rapid.T, s *store.Store) {
	ctx := t.Context()
	s0, err := s.Generations(ctx, org, 1)
	if err != nil {
		t.Fatal(err)
	}
	if len(s0) > 0 && s0[0].State == store.Running {
		t.Fatal("a history left a generation running")
	}
	fatal := func(err error) {
		if err != nil {
			t.Helper()
			t.Fatal(err)
		}
	}
	lease, err := s.TakeLease(ctx, org, "owner")
	fatal(err)
	var waits *store.Request // the model
	read := store.Request{}  // as a worker has read it
	answers := map[string]int64{}
	t.Repeat(map[string]func(*rapid.T){
		"report": func(t *rapid.T) {
			_, err := s.Receive(ctx, org, manager, []store.Incoming{software("host", rapid.StringMatching(`[a-z]{3}`).Draw(t, "software"))}, noon)
			fatal(err)
		},
		"ask": func(t *rapid.T) {
			wish := store.Wish{Rebuild: rapid.Bool().Draw(t, "rebuild"), Patient: rapid.Bool().Draw(t, "patient")}
			revision := revisionOf(t, s)
			got, err := s.Ask(ctx, org, wish, noon)
			fatal(err)
			want := store.Request{ID: got.ID, Revision: revision, Asked: noon, Wish: wish}
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
			got, err := s.Requested(ctx, org)
			if (err == nil) != (waits != nil) || waits != nil && got != *waits {
				t.Fatalf("what waits is %+v, %v; want %+v", got, err, waits)
			}
			read = got
		},
		"begin": func(t *rapid.T) {
			g, _, err := s.Begin(ctx, org, noon, func(p *store.Pinning) (store.Terms, error) { return store.Terms{}, p.Answer(lease, read) })
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
			fatal(s.Refuse(ctx, org, read))
			if waits == nil || waits.ID != read.ID {
				return
			}
			if waits.Rebuild = false; !waits.Patient {
				waits = nil
			}
		},
		"": func(t *rapid.T) {
			for id, number := range answers {
				if g, err := s.Answered(ctx, org, id); err != nil || g.Number != number {
					t.Fatalf("request %q is answered by %d, %v, want %d", id, g.Number, err, number)
				}
			}
		},
	})
	if waits != nil {
		fatal(s.Withdraw(ctx, org, *waits))
	}
}

func revisionOf(t *rapid.T, s *store.Store) int64 {
	all, err := s.Organizations(t.Context())
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
