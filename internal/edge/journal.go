package edge

import (
	"context"
	"log/slog"
	"net/http"
	"net/netip"
	"time"
)

// journal records the outcome of requests, in the audit log and in the server's log.
type journal struct {
	audit *audit
	tally *tally
	log   *slog.Logger
}

// account records a finished request in the audit log, and its changes in the server's log.
func (j *journal) account(w *Response, r *http.Request, from netip.Addr) {
	counted := j.tallies(w, from)
	if !counted && w.accountable() {
		j.audit.write(w.event(r.Method), w.describe(r, from))
	}
	if w.account.cause != nil && w.mayRepeat(w.status) && !counted {
		j.tellCause(w, r)
	}
	if w.account.changes && w.status < 400 && !w.torn {
		j.log.LogAttrs(r.Context(), slog.LevelInfo, "done by API", w.changed(r, from)...)
	}
}

// tellCause writes the server's error behind a failure to the server's log.
func (j *journal) tellCause(w *Response, r *http.Request) {
	j.log.ErrorContext(r.Context(), "request failed", "request", w.ID, "route", w.route,
		"method", r.Method, "path", Clip(r.URL.Path), "error", w.account.cause)
}

// tallies tells whether a finished request failed in a way that is counted rather than written,
// and writes the counts of earlier windows.
func (j *journal) tallies(w *Response, from netip.Addr) (counted bool) {
	j.tell(false)
	switch {
	case w.status < 400:
		return false
	case w.status == statusClientLeft && (w.account.caller.Organization != "" || w.sent.Load() > 0):
		return false // it was served
	case w.account.caller.Organization == "":
		network, who := aboutNetwork(from)
		return !j.tally.count(&j.tally.strangers, w.kind(network), who, w.account.details, false, time.Now())
	case w.status >= 500:
		return false // the server's own failure
	}
	c := &w.account.caller
	return !j.tally.count(&j.tally.callers, w.kind(c.Key()), aboutCaller(c), w.account.details,
		w.account.quiet, time.Now())
}

// tell writes the counts of windows that are over, or, early, also of the current one.
func (j *journal) tell(early bool) {
	for _, entry := range j.tally.close(time.Now(), early) {
		j.audit.write(eventCounted, entry.describe())
	}
}

// eventCounted is the event of lines with the counts of a window.
const eventCounted = "repeated failures"

// run writes counts to the audit log as they become due, until ctx ends; then the rest.
func (j *journal) run(ctx context.Context) {
	ticker := time.NewTicker(tallyWindow / 10)
	defer ticker.Stop()
	for {
		select {
		case <-ticker.C:
			j.tell(false)
		case <-ctx.Done():
			j.tell(true)
			return
		}
	}
}

// unasked counts a connection that ended without a request.
func (j *journal) unasked(from string) {
	j.tell(false)
	peer, _ := netip.ParseAddrPort(from) // zero if it has no address
	network, who := aboutNetwork(plainAddress(peer.Addr()))
	if j.tally.count(&j.tally.strangers, kind{who: network, call: "connection"}, who, nil, false, time.Now()) {
		j.audit.write("connection without request", append([]slog.Attr{slog.String("outcome", "refused")}, who...))
	}
}
