package main

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"time"

	"github.com/muster-project/muster/internal/api"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// listening are the flags that say where a server listens, and how clients
// reach it.
type listening struct {
	Listen       string    `default:"127.0.0.1:8800" placeholder:"ADDR" env:"MUSTER_LISTEN" help:"Address to listen on: beyond this machine with TLS, or behind a proxy. Port 0 takes any that is free."`
	PublicURL    string    `name:"public-url" placeholder:"URL" env:"MUSTER_PUBLIC_URL" help:"Scheme and host for links, issuers and audiences; else those that clients use, of the names in the certificate."`
	BehindProxy  bool      `env:"MUSTER_BEHIND_PROXY" help:"A proxy adds TLS: listen without it, on any address."`
	TrustedProxy []network `placeholder:"NETWORK,..." env:"MUSTER_TRUSTED_PROXY" help:"Networks of proxies that are believed when they tell where requests come from, such as 10.0.0.0/8."`
	certificateFlags
}

// check refuses flags that contradict each other, and addresses that other
// machines could reach without TLS.
func (l *listening) check() error {
	if len(l.TrustedProxy) > 0 && !l.BehindProxy {
		return console.Usage("--trusted-proxy needs --behind-proxy")
	}
	if err := l.certificateFlags.check(); err != nil {
		return err
	}
	return checkAddress(l.Listen, l.beyond())
}

// checkAddress refuses what is no address to listen on, or none of this machine
// alone where beyond does not let others connect.
func checkAddress(address string, beyond bool) error {
	host, _, err := net.SplitHostPort(address)
	switch {
	case err != nil:
		return console.Usage("--listen is %q, must be an address such as 127.0.0.1:8800", address)
	case !beyond && host != "localhost" && !control.IsLoopback(host):
		return notLoopback(address)
	}
	return nil
}

// listen listens on an address that checkAddress has passed. What localhost
// means is not ours to know, so the outcome is checked as well.
func listen(ctx context.Context, address string, beyond bool) (net.Listener, error) {
	var config net.ListenConfig
	listener, err := config.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("listening: %w", err)
	}
	if host, _, err := net.SplitHostPort(listener.Addr().String()); !beyond && (err != nil || !control.IsLoopback(host)) {
		return nil, errors.Join(notLoopback(listener.Addr().String()), listener.Close())
	}
	return listener, nil
}

// beyond tells whether other machines may connect.
func (l *listening) beyond() bool { return l.BehindProxy || l.secure() }

// config is what the API needs to know of how it is reached.
func (l *listening) config() api.Config {
	c := api.Config{PublicURL: l.PublicURL, AnyHost: l.BehindProxy}
	for _, n := range l.TrustedProxy {
		c.TrustedProxies = append(c.TrustedProxies, n.Prefix)
	}
	return c
}

// open listens, after check. Certificates that are obtained are kept below the
// data folder; client is what calls their authority.
func (l *listening) open(ctx context.Context, data string, client *http.Client, log *slog.Logger) (*endpoint, error) {
	certificates, err := l.certificates(filepath.Join(data, acmeFolder), client, log)
	if err != nil {
		return nil, err
	}
	listener, err := listen(ctx, l.Listen, l.beyond())
	if err != nil {
		return nil, err
	}
	return &endpoint{listener, certificates}, nil
}

func notLoopback(address string) error {
	return plain.Hinted(console.Usage("refusing to listen on %q without TLS: tokens and data would cross the network for all to read", address),
		"--tls-cert and --tls-key, or --acme-domain, add TLS; --behind-proxy says that a proxy does; 127.0.0.1, [::1] and localhost do without")
}

// network is a network, or an address as one of its own.
type network struct{ netip.Prefix }

// UnmarshalText reads 10.0.0.0/8 or 10.1.2.3.
func (n *network) UnmarshalText(text []byte) (err error) {
	if address, err := netip.ParseAddr(string(text)); err == nil && address.Zone() == "" {
		n.Prefix = netip.PrefixFrom(address, address.BitLen())
	} else if n.Prefix, err = netip.ParsePrefix(string(text)); err != nil {
		return fmt.Errorf("%q is no network such as 10.0.0.0/8", text)
	}
	if n.Addr().Is4In6() {
		return fmt.Errorf("%q is a network of IPv4 in IPv6: write it as one of IPv4", text)
	}
	n.Prefix = n.Masked()
	return nil
}

// endpoint is where a server listens, and with which certificates; with none it
// speaks without TLS.
type endpoint struct {
	net.Listener
	certificates certificates
}

// serve answers requests until the server is told to stop.
func (e *endpoint) serve(server *http.Server) error {
	if e.certificates == nil {
		return server.Serve(e)
	}
	server.TLSConfig = e.certificates.config()
	return server.ServeTLS(e, "", "") // no files: the configuration has certificates
}

// serves tells whether a host is one that the certificates are for; it is nil
// without TLS.
func (e *endpoint) serves() func(host string) bool {
	if e.certificates == nil {
		return nil
	}
	return e.certificates.proves
}

// keep does what is to be done beside, until ctx ends.
func (e *endpoint) keep(ctx context.Context) {
	if e.certificates != nil {
		e.certificates.keep(ctx)
	}
}

// url is an address by which programs on this machine reach the endpoint.
func (e *endpoint) url() string {
	host, port, err := net.SplitHostPort(e.Addr().String())
	if err != nil {
		return "http://" + e.Addr().String() // a listener of a test
	}
	if address, err := netip.ParseAddr(host); err == nil && address.IsUnspecified() {
		host = "localhost"
	}
	switch {
	case e.certificates == nil:
		return "http://" + net.JoinHostPort(host, port)
	case port == "443":
		return "https://" + e.certificates.host(host)
	}
	return "https://" + net.JoinHostPort(e.certificates.host(host), port)
}

// maxStreams is how many requests one connection of HTTP/2 carries at a time.
const maxStreams = 100

// newHTTPServer makes the server of a handler. There is no limit on the time of
// a request: exports are as long as clients read, and the API gives up on those
// that stall.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second, // of the handshake, too
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}

// secureConfig is the least that a server's TLS must be, and the protocols it
// speaks. Ciphers and curves are the standard library's choice.
func secureConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: get}
}
