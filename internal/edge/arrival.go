package edge

import (
	"fmt"
	"net/http"
	"net/netip"
	"slices"
)

// arrival is how a request came here: the client's address, and the scheme and host it used.
type arrival struct {
	// address is the client's; zero if the request came over no network.
	address      netip.Addr
	scheme, host string
}

// proxies are the networks of trusted proxies.
type proxies []netip.Prefix

// trusts tells whether an address belongs to a trusted proxy.
func (p proxies) trusts(address netip.Addr) bool {
	return slices.ContainsFunc(p, func(n netip.Prefix) bool { return n.Contains(address) })
}

// arrival tells how a request came here. It only uses headers of trusted proxies; the error
// says what is wrong with them.
func (p proxies) arrival(r *http.Request) (arrival, error) {
	a := arrival{address: peerAddress(r), scheme: "http", host: r.Host}
	if r.TLS != nil {
		a.scheme = "https"
	}
	if !p.trusts(a.address) {
		return a, nil
	}
	told, err := p.told(a.address, r.Header)
	if err != nil {
		return arrival{}, err
	}
	return told.or(a), nil
}

// told returns what trusted proxies tell, in either form. If both forms are present they must
// agree: a proxy that sets one of them passes on what a client wrote into the other.
func (p proxies) told(peer netip.Addr, header http.Header) (arrival, error) {
	var said [2]arrival
	for i, read := range []func(http.Header) ([]hop, error){readForwarded, readXForwarded} {
		hops, err := read(header)
		if err != nil {
			return arrival{}, err
		}
		if said[i], err = p.furthest(peer, hops); err != nil {
			return arrival{}, err
		}
	}
	if said[0].or(said[1]) != said[1].or(said[0]) {
		return arrival{}, fmt.Errorf("the header Forwarded and the X-Forwarded headers contradict each other")
	}
	return said[0].or(said[1]), nil
}

// or fills in missing values from another arrival.
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

// peerAddress returns the peer address of a request's connection.
func peerAddress(r *http.Request) netip.Addr {
	peer, err := netip.ParseAddrPort(r.RemoteAddr)
	if err != nil {
		return netip.Addr{} // a pipe has none
	}
	return plainAddress(peer.Addr())
}

// furthest returns what the outermost trusted proxy tells: it follows hops from the nearest on,
// as long as the proxy that tells is trusted. Missing values stay zero.
func (p proxies) furthest(peer netip.Addr, hops []hop) (told arrival, err error) {
	teller := peer
	for _, h := range slices.Backward(hops) {
		if !p.trusts(teller) {
			break
		}
		sender, err := nodeAddress(h.node)
		if err != nil {
			return arrival{}, err
		}
		told.scheme, told.host = h.scheme, h.host
		if !sender.IsValid() {
			break
		}
		teller, told.address = sender, sender
	}
	return told, nil
}
