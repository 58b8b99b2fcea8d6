package deliver

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"slices"
	"syscall"
	"time"
)

// ErrPrivate: the receiver's address is one of a private network, or of this machine, and is not allowed.
var ErrPrivate = errors.New("is not an address of the internet, and not in a network to which notices may be sent (--notify-networks)")

// ErrPlain: the connection would have no TLS.
var ErrPlain = errors.New("has no TLS: only receivers in networks of --notify-networks may do without")

// special are networks that are not of the internet, or that lead into others, beside those that package netip knows
// (IANA's registries of special-purpose addresses).
var special = []netip.Prefix{
	netip.MustParsePrefix("0.0.0.0/8"), netip.MustParsePrefix("100.64.0.0/10"), netip.MustParsePrefix("192.0.0.0/24"),
	netip.MustParsePrefix("192.0.2.0/24"), netip.MustParsePrefix("192.88.99.0/24"), netip.MustParsePrefix("198.18.0.0/15"),
	netip.MustParsePrefix("198.51.100.0/24"), netip.MustParsePrefix("203.0.113.0/24"), netip.MustParsePrefix("240.0.0.0/4"),
	netip.MustParsePrefix("::/96"), netip.MustParsePrefix("64:ff9b::/96"), netip.MustParsePrefix("64:ff9b:1::/48"),
	netip.MustParsePrefix("100::/64"), netip.MustParsePrefix("2001::/23"), netip.MustParsePrefix("2001:db8::/32"),
	netip.MustParsePrefix("2002::/16"), netip.MustParsePrefix("3fff::/20"), netip.MustParsePrefix("5f00::/16"),
	netip.MustParsePrefix("fec0::/10"),
}

// guard decides to which addresses connections are made.
type guard struct{ allowed []netip.Prefix }

// check says why an address may not be connected to. plain says that the connection has no TLS.
func (g guard) check(at netip.Addr, plain bool) error {
	at = at.Unmap().WithZone("")
	in := func(p netip.Prefix) bool { return p.Contains(at) }
	switch {
	case slices.ContainsFunc(g.allowed, in):
		return nil
	case !at.IsGlobalUnicast() || at.IsPrivate() || slices.ContainsFunc(special, in):
		return fmt.Errorf("%s %w", at, ErrPrivate)
	case plain:
		return fmt.Errorf("%s %w", at, ErrPlain)
	}
	return nil
}

// maxHeard is how much is read of a receiver in one delivery, in bytes: mail servers and TLS say some thousand.
const maxHeard = 1 << 20

// errTalks: a receiver says more than anybody reads.
var errTalks = errors.New("it says more than 1 MiB")

// heard is a connection of which no more than maxHeard is read, whatever the protocol.
type heard struct {
	net.Conn
	left int
}

// Read implements net.Conn.
func (h *heard) Read(p []byte) (int, error) {
	if h.left <= 0 {
		return 0, errTalks
	}
	n, err := h.Conn.Read(p[:min(len(p), h.left)])
	h.left -= n
	return n, err
}

// dial connects to a host, whose name is resolved first: what is checked is the address that is then connected to, so
// a name cannot mean another one in between. The connection ends with the deadline of ctx.
func (g guard) dial(plain bool) func(ctx context.Context, network, address string) (net.Conn, error) {
	d := &net.Dialer{Timeout: connectTime, KeepAlive: -1, Control: func(_, address string, _ syscall.RawConn) error {
		at, err := netip.ParseAddrPort(address)
		if err != nil {
			return fmt.Errorf("the address %q cannot be checked", address)
		}
		return g.check(at.Addr(), plain)
	}}
	return func(ctx context.Context, network, address string) (net.Conn, error) {
		conn, err := d.DialContext(ctx, network, address)
		if err != nil {
			return nil, err
		}
		if deadline, ok := ctx.Deadline(); ok { // whoever sends nothing is not waited for
			err = conn.SetDeadline(deadline)
		}
		if err != nil {
			conn.Close()
			return nil, err
		}
		return &heard{conn, maxHeard}, nil
	}
}

const (
	// connectTime bounds connecting, sendTime a whole delivery.
	connectTime = 5 * time.Second
	sendTime    = 10 * time.Second
)
