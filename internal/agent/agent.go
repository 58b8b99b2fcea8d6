package agent

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// MinEvery is the shortest interval between two reports.
const MinEvery = time.Minute

// longestSleep is how long the agent does not look at the clock: timers stand
// still while a machine is suspended.
const longestSleep = 5 * time.Minute

// Config says what an Agent works with. All of it is needed.
type Config struct {
	// Every is the time from one report to the next, MinEvery or more.
	Every time.Duration
	// Collect makes a report of the machine as it is now.
	Collect func(context.Context) (Report, error)
	// Send takes a report to the server. Errors that are neither ErrRefused nor
	// ErrShutOut pass with time; a *LaterError says when.
	Send func(context.Context, Report) error
	// Spool keeps what could not be sent yet.
	Spool *Spool
	Log   *slog.Logger

	// Now is the clock. Sleep waits for a time, or returns ctx's error. Chance
	// is a random number in [0, 1).
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Chance func() float64
}

// Agent reports a machine, again and again.
type Agent struct {
	Config
	collectAt time.Time // when the next report is made
	sendAt    time.Time // when what waits may be sent
	collected int       // how often
	failures  int       // of sending, in a row
}

// New returns an Agent that has done nothing yet.
func New(c Config) *Agent { return &Agent{Config: c} }

// Run reports until ctx ends. What was not sent by then stays in the spool. A
// spool that cannot be written is logged, and does without its folder.
func (a *Agent) Run(ctx context.Context) {
	a.sendAt = a.Now()
	a.collectAt = a.sendAt.Add(spread(a.Every, a.Chance()))
	for ctx.Err() == nil {
		a.mendClock()
		if !a.Now().Before(a.collectAt) {
			a.collect(ctx)
		}
		next := a.collectAt
		if waiting := a.deliver(ctx); waiting && a.sendAt.Before(next) {
			next = a.sendAt
		}
		if a.Sleep(ctx, min(next.Sub(a.Now()), longestSleep)) != nil {
			return
		}
	}
}

// mendClock keeps a clock that was set back from putting off what is due.
func (a *Agent) mendClock() {
	now := a.Now()
	if latest := now.Add(a.Every + a.Every/10); a.collectAt.After(latest) {
		a.collectAt = latest
	}
	if latest := now.Add(max(a.Every, longestRetryAfter) * 11 / 10); a.sendAt.After(latest) {
		a.sendAt = latest
	}
}

// collect puts a new report into the spool. A machine that cannot be collected
// is tried again when the next report is due.
func (a *Agent) collect(ctx context.Context) {
	wait := jitter
	if a.collected++; a.collected == 1 {
		wait = second
	}
	a.collectAt = a.Now().Add(wait(a.Every, a.Chance()))
	report, err := a.Collect(ctx)
	if err == nil {
		err = a.Spool.Put(report)
	}
	if err != nil && ctx.Err() == nil {
		a.Log.ErrorContext(ctx, "collecting failed", "error", err, "next", a.collectAt)
	}
}

// deliver sends what waits, oldest first, if it is time to, and tells whether
// something waits still.
func (a *Agent) deliver(ctx context.Context) (waiting bool) {
	for ctx.Err() == nil {
		report, ok, err := a.Spool.Next(a.Now())
		a.complain(ctx, err)
		if !ok || a.Now().Before(a.sendAt) {
			return ok
		}
		if a.settle(ctx, report, a.Send(ctx, report)) {
			a.complain(ctx, a.Spool.Drop(report))
		}
	}
	return true
}

// settle draws the conclusions from the sending of a report, and tells whether
// it is done with: the server has it, or never will.
func (a *Agent) settle(ctx context.Context, report Report, err error) (done bool) {
	log := a.Log.With("source", report.Source, "made", report.Made)
	switch {
	case err == nil:
		a.failures = 0
		log.InfoContext(ctx, "report sent", "bytes", len(report.Body))
		return true
	case ctx.Err() != nil:
		return false
	case errors.Is(err, ErrRefused):
		a.failures = 0
		log.ErrorContext(ctx, "report refused", "error", err)
		return true
	case errors.Is(err, ErrShutOut):
		a.sendAt = a.Now().Add(max(jitter(a.Every, a.Chance()), shutOutWait))
		log.ErrorContext(ctx, "shut out", "error", err, "next", a.sendAt)
		return false
	}
	a.failures++
	a.sendAt = a.Now().Add(backOff(a.Every, a.failures, retryAfter(err), a.Chance()))
	log.WarnContext(ctx, "sending failed", "error", err, "failures", a.failures, "next", a.sendAt)
	return false
}

// complain logs what is wrong with the spool's folder.
func (a *Agent) complain(ctx context.Context, err error) {
	if err != nil {
		a.Log.ErrorContext(ctx, "the spool's folder fails", "error", err)
	}
}
