package store_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/store"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/notified"
	"github.com/muster-project/muster/internal/store/storetest"
)

// ruleOf returns a rule with a destination.
func ruleOf(name string, change ...func(*notified.Rule)) *notified.Rule {
	r := &notified.Rule{Rule: notice.Rule{Name: name, Events: []notice.Event{notice.Finding},
		Products: []notice.Product{{Name: "a/b"}}}, Sealed: []byte("sealed " + name), ChangedBy: "ann",
		Destination: notice.Destination{Kind: notice.Webhook, URL: "https://hooks.example.com/…"}}
	for _, f := range change {
		f(r)
	}
	return r
}

// madeFor makes notices of a rule, with keys from a number on.
func madeFor(rule string, from, n int, due time.Time) (all []notified.Made) {
	for i := range n {
		all = append(all, notified.Made{Rule: rule, State: notified.Waiting, Due: due,
			Notice: notice.Notice{Key: fmt.Sprintf("%s-%d", rule, from+i), Event: notice.Finding, Title: "é \u202e \"quoted\" 'x' \x7f"}})
	}
	return all
}

// snapshotAt publishes a snapshot.
func snapshotAt(t *testing.T, s *store.Store, now time.Time) int64 {
	t.Helper()
	g := begin(t, s, now)
	_, err := owner(t, s).Seal(t.Context(), g.Number, manifest(g.Number), now)
	must(t, err)
	return g.Number
}

// Rules are stored whole, keep what is known of their receiver while that is the same, and end with what is owed.
func TestRulesOfNotices(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n, ctx := s.Notified, t.Context()
		bare := ruleOf("a", func(r *notified.Rule) { r.Sealed = nil })
		equal(t, "a new rule without a destination", errors.Is(n.SetRule(ctx, org, bare, noon), database.ErrNotFound), true)
		_, err := n.Progress(ctx, org)
		equal(t, "progress without rules", errors.Is(err, database.ErrNotFound), true)
		first := snapshotAt(t, s, noon)
		must(t, n.SetRule(ctx, org, ruleOf("a"), noon))
		p, err := n.Progress(ctx, org)
		must(t, err)
		equal(t, "progress", p, notified.Progress{Number: first, Known: []byte{}})
		to := notified.Progress{Number: first + 1, Known: []byte("k")}
		must(t, n.Derived(ctx, org, first, to, nil, madeFor("a", 0, 3, noon), noon))
		due, err := n.Due(ctx, org, "a", noon, 10)
		must(t, err)
		equal(t, "what is due", len(due), 3)
		equal(t, "a title", due[0].Title, "é \u202e \"quoted\" 'x' \x7f")
		for i, why := range []string{"no", "still no"} {
			at := time.Duration(i + 1)
			must(t, n.SetFailed(ctx, org, "a", due[:1], why, noon.Add(at*time.Minute), noon.Add(at*time.Hour), noon.Add(-day)))
		}
		show := func(what string, want notified.Rule) {
			t.Helper()
			got, err := n.Rule(ctx, org, "a")
			must(t, err)
			equal(t, what, got, want)
		}
		want := *ruleOf("a")
		want.Changed, want.Since, want.Failures, want.Failing = noon, first, 2, noon.Add(time.Minute)
		want.Error, want.Retry = "still no", noon.Add(2*time.Hour)
		show("a rule that fails", want)
		changed := ruleOf("a", func(r *notified.Rule) { r.Sealed, r.Digest = nil, "08:00" })
		must(t, n.SetRule(ctx, org, changed, noon.Add(time.Hour)))
		want.Digest, want.Changed = "08:00", noon.Add(time.Hour)
		show("another condition keeps the receiver, with its failures", want)
		must(t, n.SetRule(ctx, org, ruleOf("a", func(r *notified.Rule) { r.Sealed = []byte("other") }), noon.Add(time.Hour)))
		want = *ruleOf("a")
		want.Changed, want.Since, want.Sealed = noon.Add(time.Hour), first, []byte("other")
		show("another receiver begins anew", want)
		must(t, n.SetSent(ctx, org, "a", due[:1], noon.Add(3*time.Hour)))
		want.Sent = noon.Add(3 * time.Hour)
		show("what was sent", want)
		must(t, n.SetRule(ctx, org, ruleOf("a", func(r *notified.Rule) { r.Off = true }), noon.Add(4*time.Hour)))
		told, err := n.History(ctx, org, notified.Filter{Rule: "a", State: notified.Failed}, 10)
		must(t, err)
		equal(t, "what waited when the rule was turned off", len(told), 2)
		equal(t, "it says so", strings.Contains(told[0].Error, "turned off"), true)
		second := snapshotAt(t, s, noon.Add(5*time.Hour))
		must(t, n.SetRule(ctx, org, ruleOf("a"), noon.Add(5*time.Hour)))
		on, err := n.Rule(ctx, org, "a")
		must(t, err)
		equal(t, "a rule that is on again tells from now on", on.Since, second)
		more := madeFor("a", 3, 2, noon.Add(day))
		must(t, n.Derived(ctx, org, first+1, notified.Progress{Number: second}, nil, more, noon.Add(5*time.Hour)))
		waiting := func(what string, change func(*notified.Rule), count int, due time.Time) {
			t.Helper()
			must(t, n.SetRule(ctx, org, ruleOf("a", change), noon.Add(6*time.Hour)))
			some, err := n.History(ctx, org, notified.Filter{Rule: "a", State: notified.Waiting}, 10)
			must(t, err)
			equal(t, what, len(some), count)
			for i := range some {
				equal(t, what+" is due", some[i].Due, due)
			}
		}
		waiting("by the same rule", func(*notified.Rule) {}, 2, noon.Add(day))
		waiting("by another digest", func(r *notified.Rule) { r.Digest = "19:00" }, 2, noon.Add(7*time.Hour))
		waiting("at once", func(*notified.Rule) {}, 2, noon.Add(6*time.Hour))
		waiting("by a rule that tells something else", func(r *notified.Rule) { r.Events = []notice.Event{notice.Feed} }, 0, noon)
		told, err = n.History(ctx, org, notified.Filter{Rule: "a", State: notified.Failed}, 1)
		must(t, err)
		equal(t, "it says so, too", strings.Contains(told[0].Error, "does not tell such events"), true)
		must(t, n.RemoveRule(ctx, org, "a"))
		equal(t, "twice", errors.Is(n.RemoveRule(ctx, org, "a"), database.ErrNotFound), true)
		all, err := n.Organizations(ctx)
		must(t, err)
		equal(t, "organizations with rules", len(all), 0)
		told, err = n.History(ctx, org, notified.Filter{}, 10)
		must(t, err)
		equal(t, "the history stays", len(told), 5)
		for i := range 50 {
			must(t, n.SetRule(ctx, org, ruleOf(fmt.Sprint("r", i)), noon))
		}
		equal(t, "one rule too many", errors.Is(n.SetRule(ctx, org, ruleOf("x"), noon), database.ErrTooMany), true)
	})
}

// What is owed is stored once with how far it is made, whoever else makes it; a receiver that fails takes no room from
// others, and what it takes too long for is given up.
func TestNoticesThatAreOwed(t *testing.T) {
	storetest.Each(t, func(t *testing.T, s *store.Store) {
		n, ctx := s.Notified, t.Context()
		for _, name := range []string{"dead", "well"} {
			must(t, n.SetRule(ctx, org, ruleOf(name), noon))
		}
		made := slices.Concat(madeFor("dead", 0, 1, noon), madeFor("well", 0, 1, noon.Add(time.Hour)), madeFor("gone", 0, 1, noon))
		var won, overtaken int
		var mu sync.Mutex
		var all sync.WaitGroup
		for range 4 {
			all.Go(func() {
				err := n.Derived(context.WithoutCancel(ctx), org, 0, notified.Progress{Number: 1}, nil, made, noon)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					won++
				case errors.Is(err, notified.ErrOvertaken):
					overtaken++
				default:
					t.Error(err)
				}
			})
		}
		all.Wait()
		equal(t, "of four that make the same", fmt.Sprint(won, overtaken), "1 3")
		must(t, n.Derived(ctx, org, 1, notified.Progress{Number: 2}, nil, made, noon)) // the same keys are there
		told, err := n.History(ctx, org, notified.Filter{}, 100)
		must(t, err)
		equal(t, "what is stored", len(told), 2)
		owing := func(at time.Time) (names []string) {
			t.Helper()
			all, err := n.Owing(ctx, at)
			must(t, err)
			for _, o := range all {
				names = append(names, o.Organization+" "+o.Name)
			}
			return names
		}
		equal(t, "what is due", owing(noon), []string{org + " dead"})
		equal(t, "an hour later", owing(noon.Add(time.Hour)), []string{org + " dead", org + " well"})
		due, err := n.Due(ctx, org, "dead", noon, 10)
		must(t, err)
		must(t, n.SetFailed(ctx, org, "dead", due, "no", noon, noon.Add(2*time.Hour), noon.Add(-3*day)))
		equal(t, "one that may not be tried", owing(noon.Add(time.Hour)), []string{org + " well"})
		must(t, n.SetFailed(ctx, org, "dead", due, "no", noon.Add(4*day), noon.Add(4*day), noon.Add(day)))
		equal(t, "one that was given up", owing(noon.Add(5*day)), []string{org + " well"})
		const room = 5000
		must(t, n.Derived(ctx, org, 2, notified.Progress{Number: 3}, nil, slices.Concat(madeFor("dead", 1, room+5, noon),
			madeFor("well", 1, 1, noon)), noon))
		counts, err := n.Counts(ctx, org)
		must(t, err)
		equal(t, "a full queue says what it drops, and holds up nobody else", counts, []notified.Count{
			{Rule: "dead", State: notified.Failed, Number: 6}, {Rule: "dead", State: notified.Waiting, Number: room, Oldest: noon},
			{Rule: "well", State: notified.Waiting, Number: 2, Oldest: noon}})
		told, err = n.History(ctx, org, notified.Filter{Rule: "dead", State: notified.Failed}, 1)
		must(t, err)
		equal(t, "it says why", strings.Contains(told[0].Error, "more than 5000 notices of the rule wait"), true)
		page, err := n.History(ctx, org, notified.Filter{Before: told[0].ID}, 2)
		must(t, err)
		equal(t, "a page begins before an id", page[0].ID, told[0].ID-1)
		must(t, n.Prune(ctx, noon.Add(30*day)))
		counts, err = n.Counts(ctx, org)
		must(t, err)
		equal(t, "what waits is never pruned", len(counts), 2)
	})
}
