package auth

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rsa"
	"crypto/sha1"
	"crypto/sha256"
	"crypto/subtle"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/go-jose/go-jose/v4"
	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/auth/jwt"
	"github.com/muster-project/muster/internal/store/access"
)

const (
	// maxCertificate is the largest text of a certificate, in bytes.
	maxCertificate = 64 << 10
	// minRSABits is the shortest RSA key that a certificate may have.
	minRSABits = 2048
	// maxHint bounds the stored subject of a certificate, in bytes.
	maxHint = 200
)

// ErrCertificate: a certificate cannot authenticate a client.
var ErrCertificate = errors.New("certificate cannot be used")

// NewCertificate reads the certificate for a client's assertions: X.509 in PEM or DER, with
// an RSA key of at least 2,048 bits, or a key on P-256 or P-384. No authority needs to have
// signed it: registering it is what makes it trusted. Every error is ErrCertificate, except
// those of random.
func NewCertificate(random io.Reader, text []byte, now time.Time) (access.Credential, error) {
	certificate, err := parseCertificate(text)
	if err != nil {
		return access.Credential{}, fmt.Errorf("%w: %w", ErrCertificate, err)
	}
	if !now.Before(certificate.NotAfter) {
		return access.Credential{}, fmt.Errorf("%w: it expired at %s", ErrCertificate,
			certificate.NotAfter.UTC().Format(time.RFC3339))
	}
	id, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return access.Credential{}, fmt.Errorf("naming a certificate: %w", err)
	}
	return access.Credential{ID: id.String(), Kind: access.KindCertificate,
		Hash: sha256.Sum256(certificate.Raw), Data: certificate.Raw,
		Hint: certificateHint(certificate), Created: now, Expires: certificate.NotAfter.UTC()}, nil
}

// parseCertificate reads one certificate and checks its key. It refuses a private key beside
// the certificate, so that private keys are not sent around.
func parseCertificate(text []byte) (*x509.Certificate, error) {
	if len(text) > maxCertificate {
		return nil, fmt.Errorf("it has %d bytes, at most %d are allowed", len(text), maxCertificate)
	}
	der := text
	if bytes.Contains(text, []byte("-----BEGIN ")) {
		block, rest := pem.Decode(text)
		switch {
		case block == nil:
			return nil, errors.New("not PEM")
		case block.Type != "CERTIFICATE":
			return nil, fmt.Errorf("the PEM begins with %q: send only the certificate, without a private key",
				jwt.Printable(block.Type))
		case bytes.Contains(rest, []byte("PRIVATE KEY-----")):
			return nil, errors.New("the PEM also has a private key: send only the certificate, and keep the key")
		case bytes.Contains(rest, []byte("-----BEGIN ")):
			return nil, errors.New("the PEM has more than one block: send only the client's own certificate")
		}
		der = block.Bytes
	}
	certificate, err := x509.ParseCertificate(der)
	if err != nil {
		return nil, err
	}
	_, err = algorithmsOf(certificate.PublicKey)
	return certificate, err
}

// algorithmsOf returns the algorithms that a key may sign with. The algorithm in an assertion
// is never trusted.
func algorithmsOf(key any) ([]jose.SignatureAlgorithm, error) {
	switch key := key.(type) {
	case *rsa.PublicKey:
		if key.N.BitLen() < minRSABits {
			return nil, fmt.Errorf("the RSA key has %d bits, at least %d are required", key.N.BitLen(), minRSABits)
		}
		return []jose.SignatureAlgorithm{jose.RS256, jose.PS256}, nil
	case *ecdsa.PublicKey:
		switch key.Curve {
		case elliptic.P256():
			return []jose.SignatureAlgorithm{jose.ES256}, nil
		case elliptic.P384():
			return []jose.SignatureAlgorithm{jose.ES384}, nil
		}
	}
	return nil, errors.New("the key is neither RSA nor on P-256 or P-384")
}

// certificateHint returns the subject and the thumbprint, as certificate managers show it.
func certificateHint(c *x509.Certificate) string {
	thumbprint := sha1.Sum(c.Raw)
	return jwt.PrintableTo(c.Subject.String(), maxHint) + " " + strings.ToUpper(hex.EncodeToString(thumbprint[:]))
}

// namesCertificate tells whether the header of an assertion names a certificate: by x5t#S256,
// x5t or kid (which holds the thumbprint in hex or in the form of x5t). Clients use different
// forms of base64 (RFC 7515, section 2, requires the URL-safe one).
func namesCertificate(h jwt.Object, der []byte) bool {
	long, short := sha256.Sum256(der), sha1.Sum(der)
	for _, name := range []struct {
		text string
		hash []byte
	}{{h.Text("x5t#S256"), long[:]}, {h.Text("x5t"), short[:]}, {h.Text("kid"), short[:]}, {h.Text("kid"), long[:]}} {
		if name.text != "" && (strings.EqualFold(name.text, hex.EncodeToString(name.hash)) ||
			subtle.ConstantTimeCompare(fromBase64(name.text), name.hash) == 1) {
			return true
		}
	}
	return false
}

// fromBase64 reads base64 of either alphabet, padded or not; nil if it is invalid.
func fromBase64(text string) []byte {
	text = strings.NewReplacer("+", "-", "/", "_").Replace(strings.TrimRight(text, "="))
	b, err := base64.RawURLEncoding.DecodeString(text)
	if err != nil {
		return nil
	}
	return b
}
