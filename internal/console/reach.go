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

// Outgoing are the flags of commands that call others.
type Outgoing struct {
	CAFile string `placeholder:"FILE" env:"MUSTER_CA_FILE" help:"Trust the certificate authorities in this PEM file, too."`
}

// Client makes the client for calls to others. It honours HTTPS_PROXY and its
// like, and trusts the system's authorities and those of CAFile.
func (o Outgoing) Client() (*http.Client, error) {
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
		return nil, fmt.Errorf("%w: %q holds no certificate in PEM form", control.ErrInput, o.CAFile)
	}
	transport.TLSClientConfig = &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
	return &http.Client{Transport: transport}, nil
}

// Secrecy is the flag of commands that send secrets.
type Secrecy struct {
	InsecureHTTP bool `name:"insecure-http" env:"MUSTER_INSECURE_HTTP" help:"Send tokens and secrets to other machines without TLS, too."`
}

// Check refuses an address to which secrets would travel for all to read.
func (s Secrecy) Check(base *url.URL) error {
	if s.InsecureHTTP || control.IsConfidential(base) {
		return nil
	}
	return plain.Hinted(Usage("refusing to send secrets to %s without TLS", base), "--server https://…, or --insecure-http where the network is trusted")
}

// Reach begins a session with the server at an address, as nobody. Redirections
// are not followed: whatever they lead to is not what was asked to have tokens and
// secrets.
func Reach(server string, client *http.Client) (*control.Session, error) {
	base, err := url.Parse(server)
	if err != nil || base.Scheme != "http" && base.Scheme != "https" || base.Host == "" || base.RawQuery != "" {
		return nil, Usage("--server is %q, must be an address such as http://127.0.0.1:8800", server)
	}
	base.Path = strings.TrimSuffix(base.Path, "/")
	client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return control.NewSession(control.Config{Base: base, HTTP: client}), nil
}

// Explain adds to an error of a session what may be done about it: about a server
// that does not answer, and about the reply of a port that speaks TLS.
func Explain(err error, s *control.Session) error {
	var reply *control.Error
	var stranger x509.UnknownAuthorityError
	switch {
	case errors.As(err, &reply):
		if reply.Status == http.StatusBadRequest && reply.Code == "" && s.Base.Scheme == "http" {
			return plain.Hinted(err, "if the server speaks TLS: --server %s", spoken(s.Base, "https"))
		}
	case !errors.Is(err, control.ErrNoAnswer):
	case errors.As(err, &stranger):
		return plain.Hinted(err, "--ca-file FILE trusts a private authority")
	case errors.Is(err, http.ErrSchemeMismatch):
		return plain.Hinted(err, "the server speaks no TLS: --server %s", spoken(s.Base, "http"))
	default:
		return plain.Hinted(err, "is the server running? muster serve starts one")
	}
	return err
}

// spoken is an address with another scheme.
func spoken(base *url.URL, scheme string) string {
	address := *base
	address.Scheme = scheme
	return address.String()
}
