package clienttest

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
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

// authority is a private certificate authority, as companies have.
type authority struct {
	testing.TB
	folder      string
	certificate *x509.Certificate
	key         crypto.Signer
	// file is its certificate in PEM, for clients to trust.
	file string
}

func newAuthority(t testing.TB, folder string) *authority {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	a := &authority{TB: t, folder: folder, key: key}
	a.certificate = &x509.Certificate{Subject: pkix.Name{CommonName: "a company's own authority"}, IsCA: true,
		BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign}
	a.certificate, a.file = a.sign("authority", a.certificate, key)
	return a
}

// identity is a certificate, with its key.
type identity struct {
	certificate       *x509.Certificate
	key               *rsa.PrivateKey
	certFile, keyFile string // PEM
}

// issue makes an identity: a server's for localhost, and a client's.
func (a *authority) issue(name string) *identity {
	a.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		a.Fatal(err)
	}
	i := &identity{key: key, keyFile: filepath.Join(a.folder, name+".key.pem")}
	i.certificate, i.certFile = a.sign(name, &x509.Certificate{Subject: pkix.Name{CommonName: name},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, key)
	der, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		a.Fatal(err)
	}
	writePEM(a, i.keyFile, "PRIVATE KEY", der)
	return i
}

// sign signs a certificate for a key and writes it to a file.
func (a *authority) sign(name string, template *x509.Certificate, key crypto.Signer) (signed *x509.Certificate, file string) {
	a.Helper()
	template.SerialNumber = big.NewInt(time.Now().UnixNano())
	template.NotBefore, template.NotAfter = time.Now().Add(-time.Hour), time.Now().Add(24*time.Hour)
	der, err := x509.CreateCertificate(rand.Reader, template, a.certificate, key.Public(), a.key)
	if err != nil {
		a.Fatal(err)
	}
	if signed, err = x509.ParseCertificate(der); err != nil {
		a.Fatal(err)
	}
	file = filepath.Join(a.folder, name+".pem")
	writePEM(a, file, "CERTIFICATE", der)
	return signed, file
}

// client is an HTTP client that trusts the authority alone.
func (a *authority) client() *http.Client {
	roots := x509.NewCertPool()
	roots.AddCert(a.certificate)
	return &http.Client{Transport: &http.Transport{TLSClientConfig: &tls.Config{RootCAs: roots}, ForceAttemptHTTP2: true}}
}

func writePEM(t testing.TB, path, kind string, der []byte) {
	t.Helper()
	if err := os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}), 0o600); err != nil {
		t.Fatal(err)
	}
}
