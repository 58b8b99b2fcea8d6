package api

import (
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/edge"
)

// New returns a server of the whole API, or the error of the Config. Others listen, with TLS or
// without.
func New(c Config) (*edge.Server, error) {
	if c.Receiver == nil || c.Publisher == nil || c.Verifier == nil || c.Repairer == nil || c.Library == nil ||
		c.Store == nil || c.Files == nil || c.Keys == nil || c.Authority == nil || c.Notifier == nil {
		return nil, errors.New("making a server: " +
			"receiver, publisher, verifier, repairer, library, store, files, keys, authority and notifier are required")
	}
	c = c.withDefaults()
	if c.MaxLinkHours < 1 || c.MaxLinkHours > 24 {
		return nil, fmt.Errorf("making a server: the lifetime of links must be 1 to 24 hours, not %d", c.MaxLinkHours)
	}
	s, err := edge.New(edge.Config{
		Trusted: c.Trusted, Authority: c.Authority, Rates: c.Limits.byCall(),
		PublicURL: c.PublicURL, AnyHost: c.AnyHost, Serves: c.Serves, TrustedProxies: c.TrustedProxies,
		Audit: c.Audit, Node: c.Node, Clock: c.Clock, Log: c.Log, Registry: c.Registry,
	})
	if err != nil {
		return nil, fmt.Errorf("making a server: %w", err)
	}
	routes, err := newTable(c, s)
	if err != nil {
		return nil, fmt.Errorf("making a server: %w", err)
	}
	s.Handle(routes)
	return s, nil
}
