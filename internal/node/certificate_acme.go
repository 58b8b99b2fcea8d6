package node

import (
	"context"
	"crypto/sha256"
	"crypto/tls"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"golang.org/x/crypto/acme"
	"golang.org/x/crypto/acme/autocert"
)

// ACME configures certificates that an authority issues and renews.
type ACME struct {
	// Domains are the names to get certificates for, one each.
	Domains []string
	// Email is the contact address for the authority, Directory its URL.
	Email, Directory string
	// Agent is the User-Agent that the authority sees.
	Agent string
}

// acmeCertificates are issued and renewed by an ACME authority. The challenge is answered on
// the listener itself (TLS-ALPN-01, RFC 8737), so no other port is needed; the authority
// connects to port 443 of each name.
type acmeCertificates struct {
	manager *autocert.Manager
	domains []string
	// ready tells for each name whether it has a certificate.
	ready map[string]*atomic.Bool
	log   *slog.Logger
}

// domainSyntax matches names for certificates: in the alphabet of DNS, with a dot. Wildcards
// are not possible with TLS-ALPN-01.
var domainSyntax = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// check refuses names that no authority issues certificates for, and a malformed address.
func (a ACME) check() error {
	for _, name := range a.Domains {
		if len(name) > 253 || !domainSyntax.MatchString(name) {
			return settingError("--acme-domain is %q, must be a name such as muster.example.com, in lower case", name)
		}
	}
	if directory, err := url.Parse(a.Directory); len(a.Domains) > 0 &&
		(err != nil || directory.Scheme != "https" || directory.Host == "") {
		return settingError("--acme-directory is %q, must be an address that begins with https://", a.Directory)
	}
	return nil
}

// newACMECertificates returns the certificates of one authority. Each authority has its own
// cache, so that certificates of a staging authority are not used with another authority.
func newACMECertificates(a ACME, cache string, client *http.Client, log *slog.Logger) *acmeCertificates {
	authority := sha256.Sum256([]byte(a.Directory))
	ready := map[string]*atomic.Bool{}
	for _, name := range a.Domains {
		ready[name] = new(atomic.Bool)
	}
	return &acmeCertificates{
		manager: &autocert.Manager{
			Prompt:     autocert.AcceptTOS,
			Cache:      autocert.DirCache(filepath.Join(cache, fmt.Sprintf("%x", authority[:8]))),
			HostPolicy: autocert.HostWhitelist(a.Domains...),
			Email:      a.Email,
			Client:     &acme.Client{DirectoryURL: a.Directory, HTTPClient: client, UserAgent: a.Agent},
		},
		domains: a.Domains,
		ready:   ready,
		log:     log,
	}
}

func (a *acmeCertificates) config() *tls.Config {
	c := secureConfig(a.certificate)
	c.NextProtos = append(c.NextProtos, acme.ALPNProto)
	return c
}

// certificate returns the certificate for a handshake. Clients that send no server name, such
// as probes by address, get the first name's. Before a name has its first certificate only
// the authority gets an answer: otherwise the manager would ask for a certificate for every
// client, and authorities limit failed attempts.
func (a *acmeCertificates) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	asked := *hello
	if asked.ServerName = strings.ToLower(strings.TrimSuffix(asked.ServerName, ".")); asked.ServerName == "" {
		asked.ServerName = a.domains[0]
	}
	challenge := slices.Equal(asked.SupportedProtos, []string{acme.ALPNProto})
	if ready := a.ready[asked.ServerName]; ready == nil || !ready.Load() && !challenge {
		return nil, fmt.Errorf("no certificate for %q", asked.ServerName)
	}
	return a.manager.GetCertificate(&asked)
}

// proves implements certificates.
func (a *acmeCertificates) proves(host string) bool {
	return slices.Contains(a.domains, strings.ToLower(strings.TrimSuffix(host, ".")))
}

// host implements certificates.
func (a *acmeCertificates) host(host string) string {
	if slices.Contains(a.domains, host) {
		return host
	}
	return a.domains[0]
}

// The waits between attempts to get a first certificate. The manager remembers a failure for
// a minute.
const (
	shortestACMEWait = 2 * time.Minute
	longestACMEWait  = time.Hour
)

// keep gets the first certificates, so that no client waits for them; the manager renews
// them by itself.
func (a *acmeCertificates) keep(ctx context.Context) {
	waiting := a.domains
	for wait := shortestACMEWait; ; wait = min(2*wait, longestACMEWait) {
		waiting = slices.DeleteFunc(slices.Clone(waiting), func(name string) bool { return a.obtain(ctx, name) })
		if len(waiting) == 0 {
			return
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(wait):
		}
	}
}

// obtain gets a name's certificate, and tells whether it is there. It ends with ctx.
func (a *acmeCertificates) obtain(ctx context.Context, name string) (done bool) {
	result := make(chan error, 1)
	go func() {
		modern := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256} // like clients that accept ECDSA
		certificate, err := a.manager.GetCertificate(&tls.ClientHelloInfo{ServerName: name, CipherSuites: modern})
		if err == nil {
			a.ready[name].Store(true)
			a.log.InfoContext(ctx, "certificate ready", "name", name, "expires", certificate.Leaf.NotAfter)
		}
		result <- err
	}()
	select {
	case <-ctx.Done():
		return true
	case err := <-result:
		if err != nil {
			a.log.ErrorContext(ctx, "no certificate yet", "name", name, "error", err)
		}
		return err == nil
	}
}
