package edge

import (
	"fmt"
	"log/slog"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// Whoever fails how often and in how many ways: every failure is written or counted, a window has
// a limited number of lines, and a sender cannot take the lines of another by sending more.
func TestTallyLosesNothingAndIsBounded(t *testing.T) {
	rapid.Check(t, func(r *rapid.T) {
		tally := newTally()
		now := time.Unix(1_800_000_000, 0)
		senders, kinds := rapid.IntRange(1, 600).Draw(r, "senders"), rapid.IntRange(1, 60).Draw(r, "kinds")
		seed := rapid.Uint64().Draw(r, "seed")
		var sent, written, counted int64
		lines, quiet := 0, false
		finish := func(early bool) {
			told := tally.close(now, early)
			for _, entry := range told {
				counted += entry.counted
			}
			if lines += len(told); lines > 2*(strangerLines+callerLines)*maxTallied {
				r.Fatalf("%d lines of one window", lines)
			}
			if early || len(told) > 0 {
				lines = 0
			}
		}
		for range rapid.IntRange(1, 5000).Draw(r, "requests") {
			seed = seed*6364136223846793005 + 1442695040888963407
			l := &tally.strangers
			if seed>>60&1 == 0 {
				l = &tally.callers
			}
			who := fmt.Sprint((seed >> 40) % uint64(senders))
			k := kind{who: who, call: fmt.Sprint((seed >> 20) % uint64(kinds)), status: 400}
			sent++
			if quiet = seed>>61&1 == 0; tally.count(l, k, []slog.Attr{slog.String("network", who)}, nil, quiet, now) {
				written++
				lines++
			}
			if len(l.seen) > maxTallied+1 {
				r.Fatalf("%d kinds are remembered", len(l.seen))
			}
			if now = now.Add(time.Duration(seed>>50) * time.Millisecond); seed>>32%500 == 0 {
				finish(false)
			}
		}
		finish(true)
		if written+counted != sent {
			r.Fatalf("%d written and %d counted of %d", written, counted, sent)
		}
	})
}

// The counts of a finished window are written once, with the next request.
func TestTallyTellsWhenTheWindowIsOver(t *testing.T) {
	tally := newTally()
	now := time.Unix(1_800_000_000, 0)
	k := kind{who: "192.0.2.1/32", call: "token", status: 400}
	for n := range 1000 {
		if wrote := tally.count(&tally.strangers, k, nil, nil, false, now); wrote != (n == 0) {
			t.Fatalf("failure %d: written %v", n, wrote)
		}
	}
	if told := tally.close(now.Add(tallyWindow-1), false); told != nil {
		t.Errorf("told early: %v", told)
	}
	told := tally.close(now.Add(tallyWindow), false)
	if len(told) != 1 || told[0].counted != 999 || told[0].kind != k {
		t.Errorf("told %+v", told)
	}
	if again := tally.close(now.Add(2*tallyWindow), true); again != nil {
		t.Errorf("told again: %v", again)
	}
	if !tally.count(&tally.strangers, k, nil, nil, false, now) {
		t.Error("the next window's first is not written")
	}
}
