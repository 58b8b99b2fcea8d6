package api

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// arrival is how a request came here: from whom, and what they called this
// server.
type arrival struct {
	// address is the client's; zero where the request came over no network.
	address      netip.Addr
	scheme, host string
}

// clientAddress returns where a request comes from: the nearest address that is
// no trusted proxy's. It is zero where the request came over no network.
func (s *Server) clientAddress(r *http.Request) netip.Addr {
	a, err := s.arrival(r)
	if err != nil {
		return peerAddress(r) // admit has refused the request, and wants it logged
	}
	return a.address
}

// arrival tells how a request came here. Headers of proxies are believed from
// Config.TrustedProxies alone; the error says what is wrong with them.
func (s *Server) arrival(r *http.Request) (arrival, error) {
	a := arrival{address: peerAddress(r), scheme: "http", host: r.Host}
	if r.TLS != nil {
		a.scheme = "https"
	}
	if !s.trusts(a.address) {
		return a, nil
	}
	told, err := s.told(a.address, r.Header)
	if err != nil {
		return arrival{}, err
	}
	return told.or(a), nil
}

// told is what trusted proxies tell, in either form. Where both are there they
// must agree: a proxy that sets one of them passes on whatever a client has
// written into the other.
func (s *Server) told(peer netip.Addr, header http.Header) (arrival, error) {
	var said [2]arrival
	for i, read := range []func(http.Header) ([]hop, error){readForwarded, readXForwarded} {
		hops, err := read(header)
		if err != nil {
			return arrival{}, err
		}
		if said[i], err = s.furthest(peer, hops); err != nil {
			return arrival{}, err
		}
	}
	if said[0].or(said[1]) != said[1].or(said[0]) {
		return arrival{}, fmt.Errorf("the header Forwarded and those that begin with X-Forwarded contradict each other")
	}
	return said[0].or(said[1]), nil
}

// or fills in what is not told.
func (a arrival) or(other arrival) arrival {
	if !a.address.IsValid() {
		a.address = other.address
	}
	if a.scheme == "" {
		a.scheme = other.scheme
	}
	if a.host == "" {
		a.host = other.host
	}
	return a
}

// peerAddress is the other end of a request's connection.
func peerAddress(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a pipe has none
	}
	return plainAddress(peer.Addr())
}

// trusts tells whether an address is a trusted proxy's.
func (s *Server) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(s.TrustedProxies, func(p netip.Prefix) bool { return p.Contains(address) })
}
