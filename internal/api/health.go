package api

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/api/monitor"
	"github.com/muster-project/muster/internal/damage"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/watch"
)

// readyLimit is how long the store and the files may take to answer.
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
		Summary: "Whether the store and the files answer",
		Gives: []edge.Payload{edge.JSONOf[readiness](http.StatusOK,
			"store and files answer; the reply tells of known damage, and of doubts that stop publishing")},
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
	watcher  *watch.Watcher
	verifier *damage.Verifier
	log      *slog.Logger
	monitor  *monitor.Monitor
}

// healthz is GET /healthz: the process answers.
func (h *probes) healthz(w *edge.Response, _ *edge.Request) error {
	return w.JSON(http.StatusOK, health{"ok"})
}

// readyz is GET /readyz: the store and the files answer, too. The reply also tells what is in
// doubt: a server in doubt receives reports and serves the last snapshot, so it is ready.
func (h *probes) readyz(w *edge.Response, r *edge.Request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	doubts, err := []clock.Doubt(nil), h.ready(ctx)
	if err == nil {
		doubts, err = h.reasons(ctx)
	}
	if err != nil {
		h.log.WarnContext(ctx, "not ready", "request", w.ID, "error", err)
		return edge.Busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5,
			"the store or the files do not answer")
	}
	return w.JSON(http.StatusOK, h.readiness(doubts))
}

// ready asks the store and the files. It returns even if the file system hangs.
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
