// Package nodetest has what tests of servers with TLS need: an authority, and
// certificates that it issues.
package nodetest

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Authority is a private certificate authority.
type Authority struct {
	testing.TB
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
	// File holds its certificate, for --ca-file.
	File string
}

// NewAuthority makes an authority.
func NewAuthority(t testing.TB) *Authority {
	t.Helper()
	a := &Authority{TB: t, File: filepath.Join(t.TempDir(), "ca.pem")}
	der, key := a.sign(&x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "muster's test"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign})
	var err error
	if a.certificate, err = x509.ParseCertificate(der); err != nil {
		t.Fatal(err)
	}
	a.key = key
	a.Write(a.File, "CERTIFICATE", der)
	return a
}

// sign makes a key and a certificate for it; the authority's own if it has none.
func (a *Authority) sign(template *x509.Certificate) (der []byte, key *ecdsa.PrivateKey) {
	a.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		a.Fatal(err)
	}
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(time.Hour)
	parent, parentKey := a.certificate, a.key
	if parent == nil {
		parent, parentKey = template, key
	}
	if der, err = x509.CreateCertificate(rand.Reader, template, parent, key.Public(), parentKey); err != nil {
		a.Fatal(err)
	}
	return der, key
}

// Issue writes a certificate for this machine, and its key, to two files.
func (a *Authority) Issue(certFile, keyFile string, serial int64) {
	a.Helper()
	der, key := a.sign(&x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "muster"},
		DNSNames: []string{"*.example.com", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}})
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	a.Write(certFile, "CERTIFICATE", der)
	a.Write(keyFile, "PRIVATE KEY", private)
}

// Write writes a file in PEM form.
func (a *Authority) Write(name, kind string, der []byte) {
	a.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.Fatal(err)
	}
}

// Client trusts an authority's certificates, and no others. change may alter
// how it speaks.
func (a *Authority) Client(change ...func(*http.Transport)) *http.Client {
	pool := x509.NewCertPool()
	pool.AddCert(a.certificate)
	transport := &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, ForceAttemptHTTP2: true}
	for _, c := range change {
		c(transport)
	}
	a.Cleanup(transport.CloseIdleConnections)
	return &http.Client{Transport: transport}
}

// WithoutHTTP2 makes a client speak HTTP/1.1.
func WithoutHTTP2(t *http.Transport) { t.ForceAttemptHTTP2 = false }

// Versions makes a client speak some versions of TLS.
func Versions(least, most uint16) func(*http.Transport) {
	return func(t *http.Transport) { t.TLSClientConfig.MinVersion, t.TLSClientConfig.MaxVersion = least, most }
}
