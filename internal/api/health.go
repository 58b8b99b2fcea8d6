package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/watch"
)

// readyLimit is how long the store and the files may take to answer.
const readyLimit = 3 * time.Second

// health is what probes read.
type health struct {
	Status string `json:"status"`
}

var (
	answersHealth = edge.Description{
		Summary: "The process answers",
		Gives:   []edge.Payload{edge.JSONOf[health](http.StatusOK, "it does")},
	}
	answersReadiness = edge.Description{
		Summary: "Store and files answer",
		Gives:   []edge.Payload{edge.JSONOf[readiness](http.StatusOK, "they do; damage that was found, and doubts that keep the next snapshot from being made, are said")},
	}
	showsMetrics = edge.Description{
		Summary: "Metrics for Prometheus",
		Gives:   []edge.Payload{edge.OtherBody(http.StatusOK, "text/plain", "in its text format")},
	}
)

// probes answer those who watch the server.
type probes struct {
	db       *database.DB
	files    *snapshot.Files
	watcher  *watch.Watcher
	verifier *damage.Verifier
	log      *slog.Logger
	registry *prometheus.Registry
}

// healthz says that the process answers.
func (h *probes) healthz(w *edge.Response, _ *edge.Request) error {
	return w.JSON(http.StatusOK, health{"ok"})
}

// readyz says that the store and the files answer, too. What is in doubt is
// told beside: a server in doubt takes reports and serves the last snapshot, so
// that nobody should be sent elsewhere for it.
func (h *probes) readyz(w *edge.Response, r *edge.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	doubts, err := []clock.Doubt(nil), h.ready(ctx)
	if err == nil {
		doubts, err = h.reasons(ctx)
	}
	if err != nil {
		h.log.WarnContext(ctx, "not ready", "request", w.ID, "error", err)
		return edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5, "the store or the files do not answer")
	}
	return w.JSON(http.StatusOK, h.readiness(doubts))
}

// ready asks the store and the files. A file system that hangs must not hang
// the caller.
func (h *probes) ready(ctx context.Context) error {
	answer := make(chan error, 1)
	go func() { answer <- errors.Join(h.db.Ping(ctx), h.files.Usable()) }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// showMetrics is GET /metrics.
func (h *probes) showMetrics(w *edge.Response, r *edge.Request) error {
	promhttp.HandlerFor(h.registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r.Request)
	return nil
}

// readiness is what probes read of a server that is ready. Damage that was found
// and what is in doubt are said; neither makes the server less ready to serve
// what is sound.
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

// reasons are what is in doubt for some organization. Which it is anonymous
// callers are not told.
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
