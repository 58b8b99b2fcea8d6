package node

import (
	"context"
	"crypto/tls"
)

// certificates are the certificates of a server.
type certificates interface {
	// config returns a configuration that uses the current certificates for every handshake.
	config() *tls.Config
	// host returns a name that they are for: host itself if they are, else another one.
	host(host string) string
	// proves tells whether they are for a host, a name or an address.
	proves(host string) bool
	// keep renews them until ctx ends.
	keep(ctx context.Context)
}

// secureConfig is the minimum of a server's TLS, and its protocols. The standard library
// chooses ciphers and curves.
func secureConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: get}
}
