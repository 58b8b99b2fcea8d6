package edge

import (
	"context"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/auth"
)

// Config says how requests come here, who asks, and who is told. All but
// Authority, Clock, Log and Registry may be left out.
type Config struct {
	// Trusted is who every request comes from, where a process serves itself;
	// nil asks each request for its token, which Authority checks.
	Trusted   *auth.Caller
	Authority *auth.Authority
	// PublicURL, AnyHost, Serves and TrustedProxies tell what clients call this
	// server, and through whom they come.
	PublicURL      string
	AnyHost        bool
	Serves         func(host string) bool
	TrustedProxies []netip.Prefix
	// Rates are how often one caller may use a call, by the names of routes.
	Rates map[string]Rate
	// Audit gets a line of JSON for each request that matters; nil writes none.
	Audit    io.Writer
	Clock    func() time.Time
	Log      *slog.Logger
	Registry *prometheus.Registry
}

// Server answers requests by its routes. It is an http.Handler; listening is
// left to others.
type Server struct {
	Callers  *Callers
	Origins  *Origins
	Failures *Failures // to prove who one is

	guard   guard
	limits  *callLimits
	journal *journal
	traffic *traffic
	clock   func() time.Time
	mux     *http.ServeMux
}

// New returns a server without routes, or what is wrong with the Config.
func New(c Config) (*Server, error) {
	public, err := publicOrigin(c.PublicURL)
	if err != nil {
		return nil, err
	}
	o := &Origins{proxies: c.TrustedProxies, public: public, anyHost: c.AnyHost, serves: c.Serves}
	g, err := newGuard(o)
	if err != nil {
		return nil, err
	}
	return &Server{
		Callers:  &Callers{c.Trusted, c.Authority},
		Origins:  o,
		Failures: newFailures(),
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
	watchConnections(server, func(from string) {
		s.traffic.unasked.Inc()
		s.journal.unasked(from)
	})
}

// Tell writes to the audit log what is only counted there at first, as it becomes
// due, until ctx ends; then the rest.
func (s *Server) Tell(ctx context.Context) { s.journal.run(ctx) }
