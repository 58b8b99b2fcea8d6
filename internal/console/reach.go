package console

import (
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"os"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// Outgoing are the flags of commands that make requests.
type Outgoing struct {
	CAFile string `placeholder:"FILE" env:"MUSTER_CA_FILE" help:"Also trust the certificate authorities in this PEM file."`
}

// Client returns the client for requests. It uses HTTPS_PROXY and similar variables, and
// trusts the system's authorities and those of CAFile.
func (o Outgoing) Client() (*http.Client, error) {
	transport := http.DefaultTransport.(*http.Transport).Clone() // its documented type
	if o.CAFile == "" {
		return &http.Client{Transport: transport}, nil
	}
	pem, err := os.ReadFile(o.CAFile)
	if err != nil {
		return nil, AsNamed(fmt.Errorf("reading certificate authorities: %w", err))
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool() // some systems have none
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%w: no certificate in PEM form in %q", control.ErrInput, o.CAFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// Secrecy is the flag of commands that send secrets.
type Secrecy struct {
	InsecureHTTP bool `name:"insecure-http" env:"MUSTER_INSECURE_HTTP" help:"Send tokens and secrets to other machines even without TLS."`
}

// Check refuses an address to which secrets would be sent unencrypted.
func (s Secrecy) Check(base *url.URL) error {
	if s.InsecureHTTP || control.IsConfidential(base) {
		return nil
	}
	return plain.Hinted(Usage("refusing to send secrets to %s without TLS", base),
		"use --server https://…, or --insecure-http if the network is trusted")
}

// Reach begins a session with the server at an address, without credentials. It does not
// follow redirects: tokens and secrets must only go to the server that was named.
func Reach(server string, client *http.Client) (*control.Session, error) {
	base, err := url.Parse(server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" {
		return nil, Usage("--server is %q, must be an address such as http://127.0.0.1:8800", server)
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return control.NewSession(control.Config{Base: base, HTTP: client}), nil
}

// Explain adds to an error of a session a hint on what to do: if a server does not answer,
// or if the port expects TLS.
func Explain(err error, s *control.Session) error {
	var reply *control.Error
	var stranger x509.UnknownAuthorityError
	switch {
	case errors.As(err, &reply):
		if reply.Status == http.StatusBadRequest && reply.Code == "" && s.Base.Scheme == "http" {
			return plain.Hinted(err, "if the server uses TLS: --server %s", spoken(s.Base, "https"))
		}
	case !errors.Is(err, control.ErrNoAnswer):
	case errors.As(err, &stranger):
		return plain.Hinted(err, "--ca-file FILE trusts a private certificate authority")
	case errors.Is(err, http.ErrSchemeMismatch):
		return plain.Hinted(err, "the server does not use TLS: --server %s", spoken(s.Base, "http"))
	default:
		return plain.Hinted(err, "is the server running? muster serve starts one")
	}
	return err
}

// spoken returns an address with another scheme.
func spoken(base *url.URL, scheme string) string {
	address := *base
	address.Scheme = scheme
	return address.String()
}
