package api

import (
	"context"
	"errors"
	"net/http"
	"time"

	"github.com/prometheus/client_golang/prometheus/promhttp"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/store"
)

// readyLimit is how long the store and the files may take to answer.
const readyLimit = 3 * time.Second

// health is what probes read.
type health struct {
	Status string `json:"status"`
}

var (
	answersHealth = description{
		summary: "The process answers",
		gives:   []payload{jsonOf[health](http.StatusOK, "it does")},
	}
	answersReadiness = description{
		summary: "Store and files answer",
		gives:   []payload{jsonOf[readiness](http.StatusOK, "they do; damage that was found, and doubts that keep the next snapshot from being made, are said")},
	}
	showsMetrics = description{
		summary: "Metrics for Prometheus",
		gives:   []payload{other(http.StatusOK, "text/plain", "in its text format")},
	}
)

// healthz says that the process answers.
func (s *Server) healthz(w *response, _ *request) error {
	return w.json(http.StatusOK, health{"ok"})
}

// readyz says that the store and the files answer, too. What is in doubt is
// told beside: a server in doubt takes reports and serves the last snapshot, so
// that nobody should be sent elsewhere for it.
func (s *Server) readyz(w *response, r *request) error {
	ctx, cancel := context.WithTimeout(r.Context(), readyLimit)
	defer cancel()
	doubts, err := []store.Doubt(nil), s.ready(ctx)
	if err == nil {
		doubts, err = s.reasons(ctx)
	}
	if err != nil {
		s.Log.WarnContext(ctx, "not ready", "request", w.id, "error", err)
		return busy(http.StatusServiceUnavailable, defender.CodeServiceUnavailable, 5, "the store or the files do not answer")
	}
	return w.json(http.StatusOK, s.readiness(doubts))
}

// ready asks the store and the files. A file system that hangs must not hang
// the caller.
func (s *Server) ready(ctx context.Context) error {
	answer := make(chan error, 1)
	go func() { answer <- errors.Join(s.Store.Ping(ctx), s.Files.Usable()) }()
	select {
	case err := <-answer:
		return err
	case <-ctx.Done():
		return ctx.Err()
	}
}

// showMetrics is GET /metrics.
func (s *Server) showMetrics(w *response, r *request) error {
	promhttp.HandlerFor(s.Registry, promhttp.HandlerOpts{ErrorHandling: promhttp.ContinueOnError}).ServeHTTP(w, r.Request)
	return nil
}
