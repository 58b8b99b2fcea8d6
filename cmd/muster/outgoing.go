package main

import (
	"crypto/tls"
	"crypto/x509"
	"fmt"
	"net/http"
	"os"
)

// outgoing are the flags of commands that call others.
type outgoing struct {
	CAFile string `placeholder:"FILE" env:"MUSTER_CA_FILE" help:"Trust the certificate authorities in this PEM file, too."`
}

// client makes the client for calls to others. It honours HTTPS_PROXY and its
// like, and trusts the system's authorities and those of CAFile.
func (o outgoing) client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone() // its documented type
	if o.CAFile == "" {
		return &http.Client{Transport: transport}, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, fmt.Errorf("reading certificate authorities: %w", err)
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // some systems have none
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: %q holds no certificate in PEM form", errInput, o.CAFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}
