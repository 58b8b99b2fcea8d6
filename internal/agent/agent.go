package agent

import (
	"context"
	"errors"
	"log/slog"
	"time"
)

// MinEvery is the shortest interval between reports.
const MinEvery = time.Minute

// longestSleep bounds the time between two looks at the clock: timers stand still while a
// machine is suspended.
const longestSleep = 5 * time.Minute

// Config is what an Agent works with. All fields are required.
type Config struct {
	// Every is the interval between reports, at least MinEvery.
	Every time.Duration
	// Collect makes a report of the machine's present state.
	Collect func(context.Context) (Report, error)
	// Send sends a report to the server. Errors other than ErrRefused and ErrShutOut are
	// temporary; a *LaterError says when to try again.
	Send func(context.Context, Report) error
	// Spool keeps reports until they are sent.
	Spool *Spool
	Log   *slog.Logger

	// Now is the clock. Sleep waits for a duration, or returns ctx's error. Chance returns
	// a random number in [0, 1).
	Now    func() time.Time
	Sleep  func(ctx context.Context, d time.Duration) error
	Chance func() float64
}

// Agent reports a machine at an interval.
type Agent struct {
	Config
	collectAt time.Time // when to make the next report
	sendAt    time.Time // when to send waiting reports
	collected int       // how many times
	failures  int       // failures of sending in a row
}

// New returns an Agent.
func New(c Config) *Agent { return &Agent{Config: c} }

// Run reports until ctx ends. Reports that were not sent stay in the spool. If the spool's
// folder cannot be written, Run logs that and keeps reports in memory.
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

// mendClock prevents a clock that was set back from delaying reports.
func (a *Agent) mendClock() {
	now := a.Now()
	if latest := now.Add(a.Every + a.Every/10); a.collectAt.After(latest) {
		a.collectAt = latest
	}
	if latest := now.Add(max(a.Every, longestRetryAfter) * 11 / 10); a.sendAt.After(latest) {
		a.sendAt = latest
	}
}

// collect puts a new report into the spool. After an error it tries again when the next
// report is due.
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

// deliver sends waiting reports, oldest first, if it is time to. It tells whether reports
// still wait.
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

// settle handles the result of sending a report. It tells whether the report is done with:
// the server has stored it, or refuses it for good.
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
		log.ErrorContext(ctx, "server refuses this machine", "error", err, "next", a.sendAt)
		return false
	}
	a.failures++
	a.sendAt = a.Now().Add(backOff(a.Every, a.failures, retryAfter(err), a.Chance()))
	log.WarnContext(ctx, "sending failed", "error", err, "failures", a.failures, "next", a.sendAt)
	return false
}

// complain logs an error of the spool's folder.
func (a *Agent) complain(ctx context.Context, err error) {
	if err != nil {
		a.Log.ErrorContext(ctx, "the spool's folder cannot be used", "error", err)
	}
}
