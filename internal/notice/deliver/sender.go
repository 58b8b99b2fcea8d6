// Package deliver sends deliveries: to webhooks, by mail, and to servers of syslog.
//
// A receiver's address is checked when the connection is made, after its name was resolved: addresses of private
// networks and of this machine only where the server's configuration allows them. Redirects are not followed, proxies
// not used, and everything has a limit of time and size. No error has a secret in it: nor has it the address of a
// webhook beyond its host.
package deliver

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/netip"
	"time"

	"github.com/muster-project/muster/internal/notice"
)

// Config configures a Sender.
type Config struct {
	// Allowed are networks that are not of the internet and to which notices may be sent all the same.
	Allowed []netip.Prefix
	// Agent names the program and its version. Host is the name of this machine.
	Agent, Host string
	Clock       func() time.Time
}

// The headers of webhooks. Mails have the first, too.
const (
	KeyHeader       = "Muster-Key"
	SignatureHeader = "Muster-Signature"
)

// maxReply is how much is read of a reply, in bytes: what it says is not used. maxHead is that of its headers.
const (
	maxReply = 4 << 10
	maxHead  = 64 << 10
)

// Sender sends deliveries. It is safe for concurrent use.
type Sender struct {
	Config
	guard guard
}

// New returns a Sender.
func New(c Config) *Sender { return &Sender{c, guard{c.Allowed}} }

// secure returns how connections to a receiver are protected.
func secure(to *notice.Destination, host string) (*tls.Config, error) {
	roots, err := to.Roots()
	if err != nil {
		return nil, fmt.Errorf("reading the certificates of the receiver: %w", err)
	}
	return &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots, ServerName: host}, nil
}

// dialTLS connects with TLS.
func (s *Sender) dialTLS(ctx context.Context, to *notice.Destination) (*tls.Conn, error) {
	host, _, err := net.SplitHostPort(to.Address)
	if err != nil {
		return nil, err
	}
	c, err := secure(to, host)
	if err != nil {
		return nil, err
	}
	raw, err := s.guard.dial(false)(ctx, "tcp", to.Address)
	if err != nil {
		return nil, err
	}
	conn := tls.Client(raw, c)
	if err := conn.HandshakeContext(ctx); err != nil {
		raw.Close()
		return nil, withoutTLS(err)
	}
	return conn, nil
}

// withoutTLS says of an error of the beginning of TLS whether there may be no TLS at all: a receiver that does without
// answers something else, or waits.
func withoutTLS(err error) error {
	var other tls.RecordHeaderError
	var silent net.Error
	switch {
	case errors.As(err, &other):
		return fmt.Errorf("no TLS there, and it is a must: %w", err)
	case errors.As(err, &silent) && silent.Timeout():
		return fmt.Errorf("it connects and does not answer, so there may be no TLS there, which is a must: %w", err)
	}
	return err
}
