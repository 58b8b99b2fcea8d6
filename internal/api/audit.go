package api

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"slices"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/auth"
)

// account is what the audit log is to say of a request.
type account struct {
	// caller is who asks; without an organization where that is not known.
	caller auth.Caller
	// details are what the handler has to add.
	details []slog.Attr
	// quiet says that the request repeats one that is recorded: it is counted.
	quiet bool
	// changes says that the operation changes what there is, or who has access.
	changes bool
	// cause is the server's own trouble behind a failure.
	cause error
}

// note adds to the line that the audit log gets of this request. No secret,
// token or signature may be in it.
func (w *response) note(details ...slog.Attr) {
	w.account.details = append(w.account.details, details...)
}

// audit records who did what: a line of JSON for each request that somebody is
// accountable for, and of those that fail as many as tally lets through. Text
// from outside is within JSON strings, so that no line can be forged.
//
// Where a line cannot be written it goes to the server's log instead, and until
// lines can be written again nothing may be changed by those who manage
// (doc/decision/0026-limits.md).
type audit struct {
	handler slog.Handler // nil records nothing
	log     *slog.Logger
	failed  atomic.Bool
	lost    prometheus.Counter
}

func newAudit(c Config) *audit {
	a := &audit{log: c.Log, lost: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_audit_failures_total", Help: "Lines that could not be written to the audit log."})}
	c.Registry.MustRegister(a.lost)
	if c.Audit != nil {
		a.handler = slog.NewJSONHandler(&lineWriter{out: c.Audit}, &slog.HandlerOptions{ReplaceAttr: auditKeys})
	}
	return a
}

// auditKeys names the fields of a line that slog has by itself.
func auditKeys(groups []string, a slog.Attr) slog.Attr {
	switch {
	case len(groups) > 0:
	case a.Key == slog.LevelKey:
		return slog.Attr{}
	case a.Key == slog.MessageKey:
		a.Key = "event"
	}
	return a
}

// lineWriter writes lines. After one that was not written whole it begins a new
// one, so that only that one is damaged.
type lineWriter struct {
	out  io.Writer
	torn bool
}

// Write writes one line. slog calls it once for each, and never twice at a time.
func (l *lineWriter) Write(line []byte) (int, error) {
	if l.torn {
		if _, err := l.out.Write([]byte("\n")); err != nil {
			return 0, err
		}
	}
	n, err := l.out.Write(line)
	l.torn = err != nil
	return n, err
}

// account has a request that is over recorded, and the server's log tell what
// was changed by it.
func (s *Server) account(w *response, r *http.Request) {
	from := s.clientAddress(r)
	counted := s.tallies(w, from)
	if !counted && w.accountable() {
		s.audit.write(eventOf(w.route, r.Method), w.describe(r, from))
	}
	if w.account.cause != nil && w.mayRepeat(w.status) && !counted {
		s.tellCause(w, r)
	}
	if w.account.changes && w.status < 400 && !w.torn {
		s.Log.LogAttrs(r.Context(), slog.LevelInfo, "done by API", w.changed(r, from)...)
	}
}

// mayRepeat tells whether somebody without a token may have the same trouble of
// the server told again and again.
func (w *response) mayRepeat(status int) bool {
	return status == http.StatusServiceUnavailable && w.account.caller.Organization == ""
}

// tellCause tells the server's log what was the trouble behind a failure.
func (s *Server) tellCause(w *response, r *http.Request) {
	s.Log.ErrorContext(r.Context(), "request failed", "request", w.id, "route", w.route,
		"method", r.Method, "path", clip(r.URL.Path), "error", w.account.cause)
}

// changed says in the server's log who changed what.
func (w *response) changed(r *http.Request, from netip.Addr) []slog.Attr {
	all := []slog.Attr{slog.String("event", eventOf(w.route, r.Method))}
	for _, attr := range w.describe(r, from) {
		if !slices.Contains([]string{"outcome", "status", "method", "call", "bytes", "rows"}, attr.Key) {
			all = append(all, attr)
		}
	}
	return all
}

// write writes a line.
func (a *audit) write(event string, about []slog.Attr) {
	if a.handler == nil {
		return
	}
	line := slog.NewRecord(time.Now().UTC(), slog.LevelInfo, event, 0)
	line.AddAttrs(about...)
	err := a.handler.Handle(context.Background(), line)
	if a.failed.Store(err != nil); err == nil {
		return
	}
	a.lost.Inc()
	lost := slog.NewRecord(line.Time, slog.LevelError, "audit log cannot be written", 0)
	lost.AddAttrs(slog.Any("error", err), slog.String("event", line.Message))
	lost.AddAttrs(about...)
	_ = a.log.Handler().Handle(context.Background(), lost) // there is nowhere else to say it
}

// changesWait refuses what those who manage want to change while the audit log
// cannot be written. The refusal itself is the next attempt to write a line.
func (a *audit) changesWait(op operation, method string) error {
	if !op.changes(method) || !slices.Contains(op.needs, auth.Manage) || !a.failed.Load() {
		return nil
	}
	return busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5,
		"the audit log cannot be written, so that nothing may be changed; the server's log tells why")
}

// accountable tells whether a request belongs into the audit log. Programs that
// watch the server, and documents that everybody may read, do not.
func (w *response) accountable() bool {
	switch {
	case w.account.caller.Organization != "":
		return w.route != "metrics" || w.status >= 400
	case w.route == "file" || w.route == "token" || w.route == "enroll":
		return true
	}
	return w.status >= 400
}

// describe says who asked for what, from where, and what became of it. The
// query is left out: it has skip tokens and signatures.
func (w *response) describe(r *http.Request, from netip.Addr) []slog.Attr {
	all := []slog.Attr{
		slog.String("outcome", w.outcome()), slog.Int("status", w.status), slog.String("request", w.id),
		slog.String("method", clip(r.Method)), slog.String("path", clipTo(r.URL.Path, 300)), slog.String("call", w.route),
	}
	if from.IsValid() {
		all = append(all, slog.String("address", from.String()))
	}
	if c := &w.account.caller; c.Organization != "" {
		all = append(all, aboutCaller(c)...)
	}
	if w.rows > 0 {
		all = append(all, slog.Int64("rows", w.rows))
	}
	all = append(all, slog.Int64("bytes", w.sent.Load()))
	return append(all, w.account.details...)
}

// aboutCaller says who somebody is whom a token proves.
func aboutCaller(c *auth.Caller) []slog.Attr {
	return []slog.Attr{slog.String("organization", c.Organization), slog.String("caller", clip(c.ID)), slog.String("name", clip(c.Name))}
}

// aboutNetwork says who somebody is whom nothing proves: where they are.
func aboutNetwork(address netip.Addr) (network string, about []slog.Attr) {
	network = attemptFrom(address, "").network.String()
	return network, []slog.Attr{slog.String("network", network)}
}

// outcome is what became of a request.
func (w *response) outcome() string {
	switch {
	case w.torn:
		return "cut"
	case w.status == statusClientLeft:
		return "left"
	case w.status < 400:
		return "done"
	case w.status == http.StatusUnauthorized || w.status == http.StatusForbidden || w.status == http.StatusTooManyRequests:
		return "denied"
	case w.status < 500:
		return "refused"
	}
	return "failed"
}

// eventOf names what a request is to do.
func eventOf(route, method string) string {
	for _, call := range defender.Calls() {
		switch {
		case call.Name != route:
		case call.Files:
			return "make links"
		default:
			return "read export"
		}
	}
	named := map[string]string{
		"file GET": "download file", "token POST": "issue token", "enroll POST": "enroll device", "reports POST": "receive reports",
		"generations POST": "make generation", "feed PUT": "import feed", "refresh POST": "refresh feeds", "verify POST": "verify snapshots",
		"repair POST":  "repair snapshots",
		"clients POST": "add client", "rotation POST": "rotate secret", "certificates POST": "add certificate",
		"enrollments POST": "add enrollment", "devicecredential DELETE": "remove credential",
		"organizations POST": "add organization", "key POST": "rotate key",
	}
	if method == http.MethodHead {
		method = http.MethodGet
	}
	if event := named[route+" "+method]; event != "" {
		return event
	}
	switch method {
	case http.MethodGet:
		return "read " + route
	case http.MethodDelete:
		return "remove " + route
	}
	return "change " + route
}
