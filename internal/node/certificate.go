package node

import (
	"context"
	"crypto/tls"
)

// certificates are what a server proves its names with.
type certificates interface {
	// config has, for every handshake, those of that moment.
	config() *tls.Config
	// host is a name that they prove: host itself if they can, another if not.
	host(host string) string
	// proves tells whether they are for a host, a name or an address.
	proves(host string) bool
	// keep keeps them fresh until ctx ends.
	keep(ctx context.Context)
}

// secureConfig is the least that a server's TLS must be, and the protocols it
// speaks. Ciphers and curves are the standard library's choice.
func secureConfig(get func(*tls.ClientHelloInfo) (*tls.Certificate, error)) *tls.Config {
	return &tls.Config{MinVersion: tls.VersionTLS12, NextProtos: []string{"h2", "http/1.1"}, GetCertificate: get}
}
