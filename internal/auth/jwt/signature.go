package jwt

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/sha512"
	"math/big"

	"github.com/go-jose/go-jose/v4"
)

// HasSigned tells whether a signature over text was made with the private half of a key, by one
// of the algorithms of algorithmsOf (RFC 7518, sections 3.3 to 3.5). go-jose would also parse
// header members that this server ignores, and refuse an assertion for them (decision 48).
func HasSigned(key any, algorithm jose.SignatureAlgorithm, text string, signature []byte) bool {
	switch key := key.(type) {
	case *rsa.PublicKey:
		sum := sha256.Sum256([]byte(text))
		switch algorithm {
		case jose.RS256:
			return rsa.VerifyPKCS1v15(key, crypto.SHA256, sum[:], signature) == nil
		case jose.PS256:
			exact := &rsa.PSSOptions{SaltLength: rsa.PSSSaltLengthEqualsHash}
			return rsa.VerifyPSS(key, crypto.SHA256, sum[:], signature, exact) == nil
		}
	case *ecdsa.PublicKey:
		switch algorithm {
		case jose.ES256:
			sum := sha256.Sum256([]byte(text))
			return hasSignedOnCurve(key, sum[:], signature)
		case jose.ES384:
			sum := sha512.Sum384([]byte(text))
			return hasSignedOnCurve(key, sum[:], signature)
		}
	}
	return false
}

// hasSignedOnCurve reads a signature as two numbers of the curve's length, one after the other.
func hasSignedOnCurve(key *ecdsa.PublicKey, sum, signature []byte) bool {
	length := (key.Params().BitSize + 7) / 8
	if len(signature) != 2*length {
		return false
	}
	r, s := new(big.Int).SetBytes(signature[:length]), new(big.Int).SetBytes(signature[length:])
	return ecdsa.Verify(key, sum, r, s)
}
