package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"time"

	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"
)

// Purpose is what a key signs.
type Purpose string

// The purposes of keys.
const (
	Tokens Purpose = "token" // access tokens: RSA
	Links  Purpose = "link"  // links to files: 256 random bits
	Pages  Purpose = "page"  // skip tokens: 256 random bits
)

// Purposes lists them.
func Purposes() []Purpose { return []Purpose{Tokens, Links, Pages} }

// tokenBits is the length of RSA keys that sign tokens.
const tokenBits = 2048

// keys are the keys of all purposes; the first of each purpose signs.
type keys struct {
	tokens  []tokenKey
	secrets map[Purpose][]secretKey
	public  json.RawMessage // a JSON Web Key Set (RFC 7517) of tokens
}

type tokenKey struct {
	id      string
	created time.Time
	private *rsa.PrivateKey
}

type secretKey struct {
	created time.Time
	bits    [32]byte
}

// find returns the key of tokens with an id.
func (ks *keys) find(id string) (*rsa.PublicKey, bool) {
	for _, key := range ks.tokens {
		if key.id == id {
			return &key.private.PublicKey, true
		}
	}
	return nil, false
}

// newest returns when the signing key was made; false if there is none.
func (ks *keys) newest(p Purpose) (time.Time, bool) {
	if p == Tokens && len(ks.tokens) > 0 {
		return ks.tokens[0].created, true
	}
	if s := ks.secrets[p]; len(s) > 0 {
		return s[0].created, true
	}
	return time.Time{}, false
}

// newSeal returns the cipher that seals keys: AES-256-GCM, with a derived key.
func newSeal(folder [32]byte) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, folder[:], nil, "muster signing keys", 32)
	if err != nil {
		return nil, err
	}
	block, err := aes.NewCipher(key)
	if err != nil {
		return nil, err
	}
	return cipher.NewGCMWithRandomNonce(block)
}

// bound binds a sealed key to its purpose and id.
func bound(p Purpose, id string) []byte { return []byte(string(p) + " " + id) }

// ErrForeignKey: keys in the store were not sealed with the data folder's key.
var ErrForeignKey = errors.New("not sealed with the key of this data folder")

// keySet encodes the public keys as a JSON Web Key Set.
func keySet(tokens []tokenKey) (json.RawMessage, error) {
	set := jwk.NewSet()
	for _, t := range tokens {
		key, err := jwk.Import(&t.private.PublicKey)
		if err != nil {
			return nil, err
		}
		for name, value := range map[string]any{jwk.KeyIDKey: t.id, jwk.KeyUsageKey: jwk.ForSignature, jwk.AlgorithmKey: jwa.RS256()} {
			if err := key.Set(name, value); err != nil {
				return nil, err
			}
		}
		if err := set.AddKey(key); err != nil {
			return nil, err
		}
	}
	return json.Marshal(set)
}
