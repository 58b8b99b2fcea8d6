package api

import (
	"context"
	"net/http"
	"time"
)

// Server answers requests by its routes. It is an http.Handler; listening is
// left to others.
type Server struct {
	callers  *callers
	origins  *origins
	failures *failures // to prove who one is

	guard   guard
	limits  *callLimits
	journal *journal
	traffic *traffic
	clock   func() time.Time
	mux     *http.ServeMux
}

// newServer returns a server without routes, or what is wrong with the Config.
func newServer(c edgeConfig) (*Server, error) {
	o, err := newOrigins(&c)
	if err != nil {
		return nil, err
	}
	g, err := newGuard(o)
	if err != nil {
		return nil, err
	}
	return &Server{
		callers:  &callers{c.Trusted, c.Authority},
		origins:  o,
		failures: newFailures(),
		guard:    g,
		limits:   newCallLimits(c.Rates),
		journal:  &journal{newAudit(c.Audit, c.Log, c.Registry), newTally(), c.Log},
		traffic:  newTraffic(c.Registry),
		clock:    c.Clock,
		mux:      http.NewServeMux(),
	}, nil
}

// Watch counts the connections of an HTTP server that end without a request, with
// what else comes from nobody.
func (s *Server) Watch(server *http.Server) {
	watch(server, func(from string) {
		s.traffic.unasked.Inc()
		s.journal.unasked(from)
	})
}

// Tell writes to the audit log what is only counted there at first, as it becomes
// due, until ctx ends; then the rest.
func (s *Server) Tell(ctx context.Context) { s.journal.run(ctx) }
