package edge

import (
	"cmp"
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
	"github.com/muster-project/muster/internal/inventory/parse"
)

// audit is the audit log: a line of JSON for each request of a known caller, and for failing
// requests as many as tally admits. Text from outside is inside JSON strings, so that lines
// cannot be forged.
//
// If a line cannot be written it goes to the server's log instead, and managers cannot change
// anything until lines can be written again (doc/decision/0026-limits.md).
type audit struct {
	handler slog.Handler // nil records nothing
	log     *slog.Logger
	failed  atomic.Bool
	lost    prometheus.Counter
}

func newAudit(out io.Writer, node string, log *slog.Logger, registry *prometheus.Registry) *audit {
	a := &audit{log: log, lost: prometheus.NewCounter(prometheus.CounterOpts{
		Name: "muster_audit_failures_total", Help: "Lines that could not be written to the audit log."})}
	registry.MustRegister(a.lost)
	if out != nil {
		a.handler = slog.NewJSONHandler(&lineWriter{out: out}, &slog.HandlerOptions{ReplaceAttr: auditKeys})
		if node != "" {
			a.handler = a.handler.WithAttrs([]slog.Attr{slog.String("node", node)})
		}
	}
	return a
}

// auditKeys renames the fields that slog adds to a line.
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

// lineWriter writes lines. After a line that was written only partly it begins a new one, so
// that only one line is damaged.
type lineWriter struct {
	out  io.Writer
	torn bool
}

// Write writes one line. slog calls it once for each line, never concurrently.
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

// mayRepeat tells whether callers without a token could fill the server's log with this failure.
func (w *Response) mayRepeat(status int) bool {
	return status == http.StatusServiceUnavailable && w.account.caller.Organization == ""
}

// changed returns the attributes of the line in the server's log: who changed what.
func (w *Response) changed(r *http.Request, from netip.Addr) []slog.Attr {
	all := []slog.Attr{slog.String("event", w.event(r.Method))}
	for _, attr := range w.describe(r, from) {
		if !slices.Contains([]string{"outcome", "status", "method", "call", "bytes", "rows"}, attr.Key) {
			all = append(all, attr)
		}
	}
	return all
}

// write writes a line of the audit log.
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
	_ = a.log.Handler().Handle(context.Background(), lost) // there is nowhere else to report it
}

// ready refuses changes by managers while the audit log cannot be written. Recording the refusal
// is the next attempt to write a line.
func (a *audit) ready() error {
	if !a.failed.Load() {
		return nil
	}
	return Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5,
		"the audit log cannot be written, so nothing can be changed; the server's log says why")
}

// accountable tells whether a request belongs in the audit log. Requests of monitoring, and for
// public documents, do not.
func (w *Response) accountable() bool {
	switch {
	case w.status >= 400:
		return true
	case w.account.caller.Organization != "":
		return !w.account.silent
	}
	return w.account.recorded
}

// describe returns the attributes of a request's line: who asked for what, from where, and the
// outcome. It leaves out the query, which may have skip tokens and signatures.
func (w *Response) describe(r *http.Request, from netip.Addr) []slog.Attr {
	all := []slog.Attr{
		slog.String("outcome", w.outcome()), slog.Int("status", w.status), slog.String("request", w.ID),
		slog.String("method", Clip(r.Method)), slog.String("path", parse.Clip(r.URL.Path, 300)),
		slog.String("call", w.route),
	}
	if from.IsValid() {
		all = append(all, slog.String("address", from.String()))
	}
	if c := &w.account.caller; c.Organization != "" {
		all = append(all, aboutCaller(c)...)
	}
	if w.Rows > 0 {
		all = append(all, slog.Int64("rows", w.Rows))
	}
	all = append(all, slog.Int64("bytes", w.sent.Load()))
	return append(all, w.account.details...)
}

// aboutCaller returns the attributes of a caller with a valid token.
func aboutCaller(c *auth.Caller) []slog.Attr {
	return []slog.Attr{slog.String("organization", c.Organization), slog.String("caller", Clip(c.ID)),
		slog.String("name", Clip(c.Name))}
}

// aboutNetwork returns the attributes of a sender without a valid token: its network.
func aboutNetwork(address netip.Addr) (network string, about []slog.Attr) {
	network = AttemptFrom(address, "").network.String()
	return network, []slog.Attr{slog.String("network", network)}
}

// outcome returns the outcome of a request.
func (w *Response) outcome() string {
	switch {
	case w.torn:
		return "cut"
	case w.status == statusClientLeft:
		return "left"
	case w.status < 400:
		return "done"
	case w.status == http.StatusUnauthorized || w.status == http.StatusForbidden ||
		w.status == http.StatusTooManyRequests:
		return "denied"
	case w.status < 500:
		return "refused"
	}
	return "failed"
}

// event returns the name of what a request does.
func (w *Response) event(method string) string {
	return cmp.Or(w.account.event, usualEvent(w.route, method))
}

// usualEvent returns the name of requests whose operation has none.
func usualEvent(route, method string) string {
	switch method {
	case http.MethodGet, http.MethodHead:
		return "read " + route
	case http.MethodDelete:
		return "remove " + route
	}
	return "change " + route
}
