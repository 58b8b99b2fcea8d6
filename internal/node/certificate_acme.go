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

// ACME says how an authority issues and renews certificates.
type ACME struct {
	// Domains are names that each get a certificate.
	Domains []string
	// Email is where the authority may write to, Directory its address.
	Email, Directory string
	// Agent is what the authority is told of the program.
	Agent string
}

// acmeCertificates are issued and renewed by an authority that speaks ACME. It
// is shown that a name is ours on the listener itself (TLS-ALPN-01, RFC 8737), so
// no other port is needed; the authority comes to port 443 of each name.
type acmeCertificates struct {
	manager *autocert.Manager
	domains []string
	// ready tells of each name whether it has a certificate.
	ready map[string]*atomic.Bool
	log   *slog.Logger
}

// domainSyntax is that of names for certificates: in the alphabet of DNS, and
// with a dot. TLS-ALPN-01 proves no patterns.
var domainSyntax = regexp.MustCompile(`^(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z](?:[a-z0-9-]{0,61}[a-z0-9])?$`)

// check refuses names that no authority would give a certificate, and an address
// that is none.
func (a ACME) check() error {
	for _, name := range a.Domains {
		if len(name) > 253 || !domainSyntax.MatchString(name) {
			return settingError("--acme-domain is %q, must be a name such as muster.example.com, in lower case", name)
		}
	}
	if directory, err := url.Parse(a.Directory); len(a.Domains) > 0 && (err != nil || directory.Scheme != "https" || directory.Host == "") {
		return settingError("--acme-directory is %q, must be an address that begins with https://", a.Directory)
	}
	return nil
}

// newACMECertificates are those of an authority. What one authority has issued is
// kept apart from another's: who tries with a staging authority first must not
// be left with its certificates.
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

// certificate is that of a handshake. Who names no server, as probes by address
// do, gets the first name's. Before a name has its first certificate only the
// authority is answered: the manager would else try to get one for every client
// that comes, and authorities count attempts that fail.
func (a *acmeCertificates) certificate(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
	asked := *hello
	if asked.ServerName = strings.ToLower(strings.TrimSuffix(asked.ServerName, ".")); asked.ServerName == "" {
		asked.ServerName = a.domains[0]
	}
	challenge := slices.Equal(asked.SupportedProtos, []string{acme.ALPNProto})
	if ready := a.ready[asked.ServerName]; ready == nil || !ready.Load() && !challenge {
		return nil, fmt.Errorf("there is no certificate for %q", asked.ServerName)
	}
	return a.manager.GetCertificate(&asked)
}

// proves tells whether a host is one of the names.
func (a *acmeCertificates) proves(host string) bool {
	return slices.Contains(a.domains, strings.ToLower(strings.TrimSuffix(host, ".")))
}

// host is the host if it is one of the names, else the first of them.
func (a *acmeCertificates) host(host string) string {
	if slices.Contains(a.domains, host) {
		return host
	}
	return a.domains[0]
}

// The waits between attempts to get a first certificate. The manager remembers
// for a minute that one failed.
const (
	shortestACMEWait = 2 * time.Minute
	longestACMEWait  = time.Hour
)

// keep gets the first certificates, so that no client waits for them; the manager
// renews them by itself.
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

// obtain gets a name's certificate, and tells whether it is there. It does not
// outlive ctx.
func (a *acmeCertificates) obtain(ctx context.Context, name string) (done bool) {
	result := make(chan error, 1)
	go func() {
		modern := []uint16{tls.TLS_ECDHE_ECDSA_WITH_AES_128_GCM_SHA256} // as of clients that take ECDSA
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
