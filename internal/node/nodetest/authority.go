// Package nodetest helps tests of servers with TLS: it has an authority that issues certificates.
package nodetest

import (
	"crypto"
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
	a.key = newKey(t)
	a.certificate = &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "muster's test"},
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.certificate = a.Sign(a.certificate, a.key.Public())
	a.Write(a.File, "CERTIFICATE", a.certificate.Raw)
	return a
}

func newKey(t testing.TB) *ecdsa.PrivateKey {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// Sign makes a certificate from a template, for a key, valid for a day.
func (a *Authority) Sign(template *x509.Certificate, key crypto.PublicKey) *x509.Certificate {
	a.Helper()
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key, a.key)
	if err != nil {
		a.Fatal(err)
	}
	signed, err := x509.ParseCertificate(der)
	if err != nil {
		a.Fatal(err)
	}
	return signed
}

// Issue writes a certificate for this machine, and its key, to two files.
func (a *Authority) Issue(certFile, keyFile string, serial int64) {
	a.Helper()
	key := newKey(a)
	signed := a.Sign(&x509.Certificate{SerialNumber: big.NewInt(serial), Subject: pkix.Name{CommonName: "muster"},
		DNSNames: []string{"*.example.com", "localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}}, key.Public())
	a.Write(certFile, "CERTIFICATE", signed.Raw)
	a.WriteKey(keyFile, key)
}

// WriteKey writes a private key in PEM form.
func (a *Authority) WriteKey(name string, key crypto.Signer) {
	a.Helper()
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	a.Write(name, "PRIVATE KEY", private)
}

// Write writes a file in PEM form.
func (a *Authority) Write(name, kind string, der []byte) {
	a.Helper()
	if err := os.WriteFile(name, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		a.Fatal(err)
	}
}

// Client returns a client that trusts only the authority's certificates. change may change its
// transport.
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

// WithoutHTTP2 makes a client use HTTP/1.1.
func WithoutHTTP2(t *http.Transport) { t.ForceAttemptHTTP2 = false }

// Versions makes a client use some versions of TLS.
func Versions(least, most uint16) func(*http.Transport) {
	return func(t *http.Transport) { t.TLSClientConfig.MinVersion, t.TLSClientConfig.MaxVersion = least, most }
}
