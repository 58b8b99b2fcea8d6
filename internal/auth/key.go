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
	"fmt"
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

// keys are the keys of all purposes, the newest of each first.
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
	id      string
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

// newest returns the id of the newest key and when it was made; "" if there is none.
func (ks *keys) newest(p Purpose) (id string, created time.Time) {
	if p == Tokens && len(ks.tokens) > 0 {
		return ks.tokens[0].id, ks.tokens[0].created
	}
	if s := ks.secrets[p]; len(s) > 0 {
		return s[0].id, s[0].created
	}
	return "", time.Time{}
}

// settled returns the index of the key that signs: of keys from the newest to the oldest, the first that
// was made before a time, or else the oldest. A zero time stands for any.
func settled[K interface{ madeAt() time.Time }](all []K, before time.Time) int {
	for i := range all {
		if before.IsZero() || !all[i].madeAt().After(before) {
			return i
		}
	}
	return len(all) - 1
}

func (k tokenKey) madeAt() time.Time  { return k.created }
func (k secretKey) madeAt() time.Time { return k.created }

// newSeal returns the cipher that seals keys: AES-256-GCM, with a derived key.
func newSeal(folder [32]byte) (cipher.AEAD, error) { return newDerived(folder, "muster signing keys") }

// newDerived returns a cipher whose key is derived from the folder's for a use.
func newDerived(folder [32]byte, use string) (cipher.AEAD, error) {
	key, err := hkdf.Key(sha256.New, folder[:], nil, use, 32)
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

// Reseal returns a key that was sealed with one folder's key, sealed with another. It reads the key first, so
// that none is passed on that cannot be opened: the error wraps ErrForeignKey.
func Reseal(from, to [32]byte, p Purpose, id string, sealed []byte) ([]byte, error) {
	old, err := newSeal(from)
	if err != nil {
		return nil, fmt.Errorf("sealing key %q anew: %w", id, err)
	}
	plain, err := old.Open(nil, nil, sealed, bound(p, id))
	if err != nil {
		return nil, fmt.Errorf("opening key %q for %q: %w: %w", id, p, ErrForeignKey, err)
	}
	fresh, err := newSeal(to)
	if err != nil {
		return nil, fmt.Errorf("sealing key %q anew: %w", id, err)
	}
	return fresh.Seal(nil, nil, plain, bound(p, id)), nil
}
