package clienttest

import (
	"crypto/rand"
	"crypto/rsa"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"path/filepath"
	"time"
)

// identity is a certificate with its key.
type identity struct {
	certificate       *x509.Certificate
	key               *rsa.PrivateKey
	certFile, keyFile string // PEM
}

// issue issues a certificate that serves both localhost and a client.
func (s *site) issue(name string) *identity {
	s.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		s.Fatal(err)
	}
	i := &identity{key: key, keyFile: filepath.Join(s.folder, name+".key.pem"),
		certFile: filepath.Join(s.folder, name+".pem")}
	i.certificate = s.authority.Sign(&x509.Certificate{SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:  pkix.Name{CommonName: name},
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth}}, key.Public())
	s.authority.Write(i.certFile, "CERTIFICATE", i.certificate.Raw)
	s.authority.WriteKey(i.keyFile, key)
	return i
}
