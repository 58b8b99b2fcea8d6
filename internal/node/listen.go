package node

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/netip"
	"path/filepath"
	"syscall"
	"time"

	"github.com/muster-project/muster/internal/control"
)

// Listening says where a server listens.
type Listening struct {
	// Address has host and port; port 0 is any free port.
	Address string
	// Beyond lets other machines connect without TLS, for a proxy that adds it.
	Beyond bool
	TLS    TLS
}

// Check refuses malformed addresses, and those that other machines could reach without TLS.
func (l Listening) Check() error {
	if err := l.TLS.Check(); err != nil {
		return err
	}
	host, _, err := net.SplitHostPort(l.Address)
	switch {
	case err != nil:
		return settingError("--listen is %q, must be an address such as 127.0.0.1:8800", l.Address)
	case !l.beyond() && host != "localhost" && !control.IsLoopback(host):
		return notLoopback(l.Address)
	}
	return nil
}

// beyond tells whether other machines may connect.
func (l Listening) beyond() bool { return l.Beyond || l.TLS.on() }

// Listen listens at a place that Check has accepted. Certificates that an authority issues
// are kept below the data folder; client calls the authority.
func Listen(ctx context.Context, l Listening, data string, client *http.Client, log *slog.Logger) (*Endpoint, error) {
	certificates, err := l.TLS.certificates(filepath.Join(data, ACMEFolder), client, log)
	if err != nil {
		return nil, err
	}
	listener, err := listen(ctx, l.Address, l.beyond())
	if err != nil {
		return nil, err
	}
	return &Endpoint{listener, certificates}, nil
}

// listen listens on an address. Systems may define localhost differently, so it also checks
// the address it got.
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

// AddressInUse tells whether an error means that another process uses the address.
func AddressInUse(err error) bool {
	const windowsInUse = syscall.Errno(10048) // WSAEADDRINUSE
	return errors.Is(err, syscall.EADDRINUSE) || errors.Is(err, windowsInUse)
}

// ErrExposed: other machines could read what is sent to an address.
var ErrExposed = errors.New("tokens and data would cross the network unencrypted")

func notLoopback(address string) error {
	return settingError("refusing to listen on %q without TLS: %w", address, ErrExposed)
}

// Endpoint is where a server listens, and with which certificates; without any it does not
// use TLS.
type Endpoint struct {
	net.Listener
	certificates certificates
}

// serve answers requests until the server is told to stop.
func (e *Endpoint) serve(server *http.Server) error {
	if e.certificates == nil {
		return server.Serve(e)
	}
	server.TLSConfig = e.certificates.config()
	return server.ServeTLS(e, "", "") // no files: the configuration has certificates
}

// Serves returns a function that tells whether the certificates are for a host; nil without
// TLS.
func (e *Endpoint) Serves() func(host string) bool {
	if e.certificates == nil {
		return nil
	}
	return e.certificates.proves
}

// keep renews certificates until ctx ends.
func (e *Endpoint) keep(ctx context.Context) {
	if e.certificates != nil {
		e.certificates.keep(ctx)
	}
}

// URL returns an address by which programs on this machine reach the endpoint.
func (e *Endpoint) URL() string {
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

// maxStreams is how many concurrent requests one HTTP/2 connection carries.
const maxStreams = 100

// newHTTPServer returns a server for a handler. Requests have no time limit: an export lasts
// as long as its client reads, and the API ends requests that stall.
func newHTTPServer(handler http.Handler, log *slog.Logger) *http.Server {
	return &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second, // includes the handshake
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    64 << 10,
		HTTP2:             &http.HTTP2Config{MaxConcurrentStreams: maxStreams},
		ErrorLog:          slog.NewLogLogger(log.Handler(), slog.LevelDebug),
	}
}
