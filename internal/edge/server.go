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

// Config configures a Server. Only Authority, Clock, Log and Registry are required.
type Config struct {
	// Trusted is the caller of every request, if a process serves itself; nil requires a token
	// for each request, which Authority checks.
	Trusted   *auth.Caller
	Authority *auth.Authority
	// PublicURL, AnyHost, Serves and TrustedProxies tell by which names clients reach this
	// server, and through which proxies.
	PublicURL      string
	AnyHost        bool
	Serves         func(host string) bool
	TrustedProxies []netip.Prefix
	// Rates are the rate limits of a caller, by the names of routes.
	Rates map[string]Rate
	// Audit gets the lines of the audit log; nil disables it.
	Audit io.Writer
	// Node is the name of this node in each of these lines; "" for none.
	Node     string
	Clock    func() time.Time
	Log      *slog.Logger
	Registry *prometheus.Registry
}

// Server answers requests by its routes. It is an http.Handler; others listen.
type Server struct {
	Callers  *Callers
	Origins  *Origins
	Failures *Failures // failed authentications
	Tokens   *Failures // tokens that were given out
	unknown  *Failures // requests for addresses that do not exist

	guard   guard
	limits  *callLimits
	journal *journal
	traffic *traffic
	clock   func() time.Time
	mux     *http.ServeMux

	// NoPage shows a browser that an address does not exist, or does not take its method, as a page; nil: none does.
	NoPage func(w *Response, r *Request, f *Failure) error
}

// New returns a server without routes, or the error of the Config.
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
		Tokens:   newTokens(),
		unknown:  newUnknown(),
		guard:    g,
		limits:   newCallLimits(c.Rates),
		journal:  &journal{newAudit(c.Audit, c.Node, c.Log, c.Registry), newTally(), c.Log},
		traffic:  newTraffic(c.Registry),
		clock:    c.Clock,
		mux:      http.NewServeMux(),
	}, nil
}

// Watch counts the connections of an HTTP server that end without a request, like other requests
// without a valid token.
func (s *Server) Watch(server *http.Server) {
	watchConnections(server, func(from string) {
		s.traffic.unasked.Inc()
		s.journal.unasked(from)
	})
}

// Tell writes counts to the audit log as they become due, until ctx ends; then the rest.
func (s *Server) Tell(ctx context.Context) { s.journal.run(ctx) }
