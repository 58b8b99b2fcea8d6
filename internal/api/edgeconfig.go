package api

import (
	"io"
	"log/slog"
	"net/netip"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/muster-project/muster/internal/auth"
)

// edgeConfig says how requests come here, who asks, and who is told. All but
// Authority, Clock, Log and Registry may be left out.
type edgeConfig struct {
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
