package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"math/big"
	"time"

	"github.com/go-jose/go-jose/v4"
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

// webKey is a public RSA key as a JSON Web Key (RFC 7517; RFC 7518, section 6.3.1).
type webKey struct {
	Algorithm string `json:"alg"`
	Exponent  string `json:"e"`
	ID        string `json:"kid"`
	Type      string `json:"kty"`
	Modulus   string `json:"n"`
	Use       string `json:"use"`
}

// keySet encodes the public keys as a JSON Web Key Set.
func keySet(tokens []tokenKey) (json.RawMessage, error) {
	keys := []webKey{}
	for _, t := range tokens {
		public := &t.private.PublicKey
		keys = append(keys, webKey{Algorithm: string(jose.RS256), ID: t.id, Type: "RSA", Use: "sig",
			Exponent: base64.RawURLEncoding.EncodeToString(big.NewInt(int64(public.E)).Bytes()),
			Modulus:  base64.RawURLEncoding.EncodeToString(public.N.Bytes())})
	}
	return json.Marshal(map[string][]webKey{"keys": keys})
}
