package auth_test

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"strings"
	"testing"

	"github.com/go-jose/go-jose/v4"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// Signatures that go-jose makes are accepted, and nothing that is near one.
func TestSignatures(t *testing.T) {
	l := newLab(t)
	short, long := newEC(l, elliptic.P256()), newEC(l, elliptic.P384())
	for _, test := range []struct {
		algorithm  jose.SignatureAlgorithm
		key, other crypto.Signer
	}{
		{jose.RS256, rsaKey(), otherKey()}, {jose.PS256, rsaKey(), otherKey()},
		{jose.ES256, short, newEC(l, elliptic.P256())}, {jose.ES384, long, newEC(l, elliptic.P384())},
	} {
		signer, err := jose.NewSigner(jose.SigningKey{Algorithm: test.algorithm, Key: test.key}, nil)
		l.must(err)
		made, err := signer.Sign([]byte("payload"))
		l.must(err)
		token, err := made.CompactSerialize()
		l.must(err)
		at := strings.LastIndexByte(token, '.')
		text := token[:at]
		signature, err := base64.RawURLEncoding.DecodeString(token[at+1:])
		l.must(err)
		if !jwt.HasSigned(test.key.Public(), test.algorithm, text, signature) {
			t.Errorf("%s: a signature of go-jose is refused", test.algorithm)
		}
		for name, refused := range map[string]bool{
			"another text":      jwt.HasSigned(test.key.Public(), test.algorithm, text+"x", signature),
			"another key":       jwt.HasSigned(test.other.Public(), test.algorithm, text, signature),
			"a longer one":      jwt.HasSigned(test.key.Public(), test.algorithm, text, append(signature, 0)),
			"a shorter one":     jwt.HasSigned(test.key.Public(), test.algorithm, text, signature[:len(signature)-1]),
			"none":              jwt.HasSigned(test.key.Public(), test.algorithm, text, nil),
			"zeros":             jwt.HasSigned(test.key.Public(), test.algorithm, text, make([]byte, len(signature))),
			"no key":            jwt.HasSigned(nil, test.algorithm, text, signature),
			"the private key":   jwt.HasSigned(test.key, test.algorithm, text, signature),
			"another algorithm": jwt.HasSigned(test.key.Public(), jose.HS256, text, signature),
		} {
			if refused {
				t.Errorf("%s: %s is accepted", test.algorithm, name)
			}
		}
		for i := range signature {
			signature[i] ^= 1
			if jwt.HasSigned(test.key.Public(), test.algorithm, text, signature) {
				t.Errorf("%s: byte %d may be another", test.algorithm, i)
			}
			signature[i] ^= 1
		}
	}
	sum := sha256.Sum256([]byte("text"))
	der, err := ecdsa.SignASN1(rand.Reader, short, sum[:])
	l.must(err)
	if jwt.HasSigned(short.Public(), jose.ES256, "text", der) {
		t.Error("a signature in ASN.1 is accepted")
	}
}
