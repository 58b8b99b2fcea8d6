package node

import (
	"log/slog"
	"net/http"
)

// TLS says where a server's certificates come from: files, or an ACME authority (RFC 8555).
// The zero TLS is no TLS.
type TLS struct {
	// CertFile has a certificate chain and KeyFile its key, in PEM form. They are
	// read again when they change, and on SIGHUP.
	CertFile, KeyFile string
	ACME              ACME
}

// Check refuses settings that no authority would accept, and files that are not a certificate
// with its key.
func (t TLS) Check() error {
	if t.CertFile != "" {
		_, err := readPair(t.CertFile, t.KeyFile)
		return err
	}
	return t.ACME.check()
}

// on tells whether there is TLS.
func (t TLS) on() bool { return t.CertFile != "" || len(t.ACME.Domains) > 0 }

// certificates returns the certificates; nil without TLS. Those that an authority issues are
// kept in a folder.
func (t TLS) certificates(folder string, client *http.Client, log *slog.Logger) (certificates, error) {
	switch {
	case t.CertFile != "":
		return openCertificateFiles(t.CertFile, t.KeyFile, log)
	case len(t.ACME.Domains) > 0:
		return newACMECertificates(t.ACME, folder, client, log), nil
	}
	return nil, nil
}
