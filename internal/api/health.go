package api

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api/monitor"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/watch"
)

// readyLimit is how long the database, the files and the catalog may take to answer.
const readyLimit = 3 * time.Second

// health is the reply to probes.
type health struct {
	Status string `json:"status"`
}

var (
	answersHealth = edge.Description{
		Summary: "Whether the process answers",
		Gives:   []edge.Payload{edge.JSONOf[health](http.StatusOK, "the process answers")},
	}
	answersReadiness = edge.Description{
		Summary: "Whether the database, the files and the catalog answer",
		Gives: []edge.Payload{edge.JSONOf[readiness](http.StatusOK,
			"all answer; the reply tells of known damage, and of doubts that stop publishing")},
	}
	showsMetrics = edge.Description{
		Summary: "Metrics for Prometheus",
		Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, "text/plain", "metrics in Prometheus's text format")},
	}
)

// probes handles monitoring of the server.
type probes struct {
	db       *database.DB
	files    *snapshot.Files
	library  *library.Library
	watcher  *watch.Watcher
	verifier *damage.Verifier
	log      *slog.Logger
	monitor  *monitor.Monitor
}

// healthz is GET /healthz: the process answers.
func (h *probes) healthz(w *edge.Response, _ *edge.Request) error {
	return w.JSON(http.StatusOK, health{"ok"})
}

// readyz is GET /readyz: the database, the files and the catalog answer, too. The reply also tells what
// is in doubt: a server in doubt receives reports and serves the last snapshot, so it is ready. Anybody
// learns what does not answer, and only the log why.
func (h *probes) readyz(w *edge.Response, r *edge.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	doubts, err := []clock.Doubt(nil), h.ready(ctx)
	if err == nil {
		doubts, err = h.reasons(ctx)
	}
	if err != nil {
		h.log.WarnContext(ctx, "not ready", "request", w.ID, "error", err)
		silent := &silentError{part: "the database"} // which has the doubts, too
		errors.As(err, &silent)
		return edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5, "%s", silent.told())
	}
	return w.JSON(http.StatusOK, h.readiness(doubts))
}

// silentError says that a part of the server does not answer, and why.
type silentError struct {
	part string
	why  error
}

// told is what anybody may learn.
func (s *silentError) told() string { return s.part + " cannot be used now" }

func (s *silentError) Error() string { return fmt.Sprintf("%s: %v", s.told(), s.why) }

func (s *silentError) Unwrap() error { return s.why }

// ready asks the database, the files and the catalog at the same time. It returns even if a file system
// hangs. A *silentError names the first of them that does not answer.
func (h *probes) ready(ctx context.Context) error {
	parts := []struct {
		name   string
		ask    func() error
		answer chan error
	}{
		{name: "the database", ask: func() error { return h.db.Ping(ctx) }},
		{name: "the store of files", ask: h.files.Usable},
		{name: "the catalog", ask: func() error { return h.library.Answers(ctx) }},
	}
	for i := range parts {
		part := &parts[i]
		part.answer = make(chan error, 1)
		go func() { part.answer <- part.ask() }()
	}
	for _, part := range parts {
		var err error
		select {
		case err = <-part.answer:
		case <-ctx.Done():
			err = ctx.Err()
		}
		if err != nil {
			return &silentError{part.name, err}
		}
	}
	return nil
}

// showMetrics is GET /metrics: what the caller may see.
func (h *probes) showMetrics(w *edge.Response, r *edge.Request) error {
	all := h.monitor.Gatherer(r.Context(), &r.Caller)
	promhttp.HandlerFor(all, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r.Request)
	return nil
}

// readiness is the reply to probes of a server that is ready. It tells of known damage and of
// doubts; neither makes the server less ready to serve what is sound.
type readiness struct {
	health
	Problems     *int          `json:"problems,omitempty"`
	VerifiedTime *time.Time    `json:"verifiedTime,omitempty"`
	Doubts       []clock.Doubt `json:"doubts,omitempty"`
}

func (h *probes) readiness(doubts []clock.Doubt) readiness {
	r := readiness{health: health{"ready"}, Doubts: doubts}
	if found := h.verifier.Verified(); !found.Time.IsZero() {
		problems := found.Sum()
		r.Problems, r.VerifiedTime = &problems, &found.Time
	}
	return r
}

// reasons returns what is in doubt in any organization. Anonymous callers do not learn which.
func (h *probes) reasons(ctx context.Context) ([]clock.Doubt, error) {
	all, err := h.watcher.Doubts(ctx)
	var found []clock.Doubt
	for _, doubt := range all {
		if doubt != "" {
			found = append(found, doubt)
		}
	}
	slices.Sort(found)
	return slices.Compact(found), err
}
