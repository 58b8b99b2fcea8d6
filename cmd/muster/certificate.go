package main

import (
	"context"
	"crypto/tls"
	"log/slog"
	"net/http"

	"github.com/muster-project/muster/internal/console"
)

// certificateFlags say where a server's certificates come from: files, or an
// authority that speaks ACME (RFC 8555). Without either there is no TLS.
type certificateFlags struct {
	TLSCert       string   `name:"tls-cert" placeholder:"FILE" env:"MUSTER_TLS_CERT" help:"Speak TLS with the certificate chain in this PEM file. Read again when it changes, and on SIGHUP."`
	TLSKey        string   `name:"tls-key" placeholder:"FILE" env:"MUSTER_TLS_KEY" help:"The key of --tls-cert, a PEM file."`
	ACMEDomain    []string `name:"acme-domain" placeholder:"NAME,..." env:"MUSTER_ACME_DOMAIN" help:"Speak TLS with certificates for these names, which an ACME authority issues and renews. Its terms of service are accepted by it."`
	ACMEEmail     string   `name:"acme-email" placeholder:"ADDRESS" env:"MUSTER_ACME_EMAIL" help:"Where the ACME authority may write to."`
	ACMEDirectory string   `name:"acme-directory" default:"https://acme-v02.api.letsencrypt.org/directory" placeholder:"URL" env:"MUSTER_ACME_DIRECTORY" help:"Directory of the ACME authority: Let's Encrypt."`
}

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

// secure tells whether there is TLS.
func (f *certificateFlags) secure() bool { return f.TLSCert != "" || len(f.ACMEDomain) > 0 }

// check refuses flags that contradict each other.
func (f *certificateFlags) check() error {
	switch {
	case (f.TLSCert == "") != (f.TLSKey == ""):
		return console.Usage("--tls-cert and --tls-key need each other")
	case f.TLSCert != "" && len(f.ACMEDomain) > 0:
		return console.Usage("--tls-cert and --acme-domain exclude each other")
	case f.TLSCert != "":
		_, err := readPair(f.TLSCert, f.TLSKey)
		return err
	}
	return f.checkACME()
}

// certificates returns where certificates come from; nil without TLS.
func (f *certificateFlags) certificates(cache string, client *http.Client, log *slog.Logger) (certificates, error) {
	switch {
	case f.TLSCert != "":
		return openCertificateFiles(f.TLSCert, f.TLSKey, log)
	case len(f.ACMEDomain) > 0:
		return newACMECertificates(f, cache, client, log), nil
	}
	return nil, nil
}
