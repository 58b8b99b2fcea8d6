package agent

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// world is a machine and its server, and a clock that only moves in sleep.
type world struct {
	now    time.Time
	end    time.Time
	cancel context.CancelFunc
	log    strings.Builder

	collected int
	fails     error // of collecting
	reply     func(world *world) error
	sent      []sent
}

// sent is one attempt to send.
type sent struct {
	at   time.Duration // since noon
	body string
}

// run lets an agent work for a time, with reports every four hours.
func (w *world) run(t testing.TB, folder string, life time.Duration, change ...func(*Config)) {
	t.Helper()
	if w.now.IsZero() {
		w.now = noon
	}
	w.end = w.now.Add(life)
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	w.cancel = cancel
	random := rand.New(rand.NewPCG(1, 2))
	c := Config{Every: 4 * time.Hour, Collect: w.collect, Send: w.send, Spool: newSpool(t, folder),
		Log: slog.New(slog.NewTextHandler(&w.log, nil)),
		Now: func() time.Time { return w.now }, Sleep: w.sleep, Chance: random.Float64}
	for _, f := range change {
		f(&c)
	}
	New(c).Run(ctx)
}

// inMemory has no spool folder.
func inMemory(c *Config) { c.Spool.write = func(string, []byte, os.FileMode) error { return nil } }

func (w *world) sleep(ctx context.Context, d time.Duration) error {
	if d > longestSleep {
		panic(fmt.Sprintf("a sleep of %v", d))
	}
	w.now = w.now.Add(max(d, 0))
	if !w.now.Before(w.end) {
		w.cancel()
	}
	return ctx.Err()
}

func (w *world) collect(context.Context) (Report, error) {
	w.collected++
	return Report{Source: "collect", Made: w.now, Body: fmt.Append(nil, w.collected)}, w.fails
}

func (w *world) send(_ context.Context, r Report) error {
	w.sent = append(w.sent, sent{w.now.Sub(noon), string(r.Body)})
	if w.reply == nil {
		return nil
	}
	return w.reply(w)
}

// gaps are the times between attempts.
func (w *world) gaps() (all []time.Duration) {
	for i := 1; i < len(w.sent); i++ {
		all = append(all, w.sent[i].at-w.sent[i-1].at)
	}
	return all
}

func TestReportsComeAtTheirPace(t *testing.T) {
	var w world
	w.run(t, t.TempDir(), 10*24*time.Hour)
	if first := w.sent[0].at; first > 10*time.Minute {
		t.Errorf("the first report after %v", first)
	}
	for i, gap := range w.gaps()[1:] {
		if gap < 216*time.Minute || gap > 264*time.Minute {
			t.Errorf("report %d after %v", i+3, gap)
		}
		if want := fmt.Sprint(i + 3); w.sent[i+2].body != want {
			t.Errorf("report %q, want %q", w.sent[i+2].body, want)
		}
	}
	if n := len(w.sent); n < 57 || n > 68 {
		t.Errorf("%d reports in ten days", n)
	}
}

// A server that is away gets few attempts, and then only the newest report.
func TestServerIsAway(t *testing.T) {
	w := world{reply: func(w *world) error {
		if w.now.Before(noon.Add(30 * time.Hour)) {
			return errors.New("connection refused")
		}
		return nil
	}}
	w.run(t, t.TempDir(), 40*time.Hour)
	var tries int
	for tries = 0; w.sent[tries].at < 30*time.Hour; tries++ {
		if next := w.sent[tries+1].at - w.sent[tries].at; next > time.Hour+longestSleep || next < 15*time.Second {
			t.Errorf("try %d: the next after %v", tries+1, next)
		}
	}
	if tries < 30 || tries > 80 {
		t.Errorf("%d tries in 30 hours", tries)
	}
	if got := w.sent[tries]; got.body == w.sent[0].body || got.at > 31*time.Hour {
		t.Errorf("report %q after %v", got.body, got.at)
	}
	delivered := map[string]bool{}
	for _, s := range w.sent[tries:] {
		if delivered[s.body] {
			t.Errorf("report %s was sent again", s.body)
		}
		delivered[s.body] = true
	}
}

// After a restart, waiting reports are sent first.
func TestReportSurvivesARestart(t *testing.T) {
	folder := t.TempDir()
	before := world{reply: func(*world) error { return errors.New("connection refused") }}
	before.run(t, folder, 20*time.Minute)
	after := world{now: before.now, collected: 100}
	after.run(t, folder, time.Hour)
	if len(after.sent) != 2 || after.sent[0] != (sent{before.now.Sub(noon), "1"}) || after.sent[1].body != "101" {
		t.Errorf("sent %v", after.sent)
	}
}

func TestRetryAfterIsHonoured(t *testing.T) {
	w := world{reply: func(w *world) error {
		if len(w.sent) == 1 {
			return fmt.Errorf("busy: %w", &LaterError{errors.New("429"), 50 * time.Minute})
		}
		return nil
	}}
	w.run(t, t.TempDir(), 2*time.Hour)
	if gap := w.gaps()[0]; gap < 50*time.Minute || gap > 55*time.Minute+longestSleep {
		t.Errorf("tried again after %v", gap)
	}
}

// A report that the server refuses for good is dropped.
func TestRefusedReportIsDropped(t *testing.T) {
	folder := t.TempDir()
	w := world{reply: func(*world) error { return fmt.Errorf("too large: %w", ErrRefused) }}
	w.run(t, folder, 3*time.Hour)
	same(t, "waiting", waiting(newSpool(t, folder)), []string(nil))
	if w.sent[0].body != "1" || w.collected != len(w.sent) || !strings.Contains(w.log.String(), "too large") {
		t.Errorf("sent %v, log %s", w.sent, &w.log)
	}
}

// A machine that the server does not know any more does not flood it with attempts, and reports
// again when it is let in.
func TestShutOut(t *testing.T) {
	w := world{reply: func(w *world) error {
		if w.now.Before(noon.Add(3 * 24 * time.Hour)) {
			return fmt.Errorf("invalid_client: %w", ErrShutOut)
		}
		return nil
	}}
	w.run(t, t.TempDir(), 4*24*time.Hour, inMemory, func(c *Config) { c.Every = MinEvery })
	for i, gap := range w.gaps()[:60] {
		if gap < time.Hour {
			t.Fatalf("try %d after %v", i+2, gap)
		}
	}
	if n := strings.Count(w.log.String(), "report sent"); n < 1000 {
		t.Errorf("%d reports were sent at the end", n)
	}
}

func TestMachineThatCannotBeCollected(t *testing.T) {
	w := world{fails: errors.New("no package database")}
	w.run(t, t.TempDir(), 24*time.Hour)
	if len(w.sent) != 0 || w.collected < 6 || w.collected > 9 ||
		!strings.Contains(w.log.String(), "no package database") {
		t.Errorf("sent %v, collected %d times, log %s", w.sent, w.collected, &w.log)
	}
}

// An interrupted attempt is not a failure of the server, and keeps the report.
func TestStopWhileSending(t *testing.T) {
	folder := t.TempDir()
	w := world{reply: func(w *world) error { w.cancel(); return context.Canceled }}
	w.run(t, folder, time.Hour)
	same(t, "waiting", waiting(newSpool(t, folder)), []string{"1"})
	if len(w.sent) != 1 || strings.Contains(w.log.String(), "level=WARN") {
		t.Errorf("sent %v, log %s", w.sent, &w.log)
	}
}

// A clock that jumps, in either direction, neither stops the reports nor makes them too frequent.
func TestClockThatJumps(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		jump := time.Duration(rapid.Int64Range(-10*365*24, 10*365*24).Draw(rt, "hours")) * time.Hour
		jumped := false
		w := world{reply: func(w *world) error {
			if !jumped && len(w.sent) == 3 {
				jumped = true
				w.now, w.end = w.now.Add(jump), w.end.Add(jump)
				return errors.New("connection refused")
			}
			return nil
		}}
		w.run(t, t.TempDir(), 10*24*time.Hour, inMemory)
		if n := w.collected; n < 55 || n > 70 {
			rt.Fatalf("a jump of %v: %d reports in ten days", jump, n)
		}
	})
}
