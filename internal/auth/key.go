package auth

import (
	"context"
	"crypto/aes"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/x509"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/google/uuid"
	"github.com/lestrrat-go/jwx/v3/jwa"
	"github.com/lestrrat-go/jwx/v3/jwk"

	"github.com/muster-project/muster/internal/store"
)

// tokenBits is the length of RSA keys that sign tokens.
const tokenBits = 2048

// keys are those of all purposes at one time, of each the one that signs first.
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

// newest is when the key was made that signs; false if there is none.
func (ks *keys) newest(p Purpose) (time.Time, bool) {
	if p == Tokens && len(ks.tokens) > 0 {
		return ks.tokens[0].created, true
	}
	if s := ks.secrets[p]; len(s) > 0 {
		return s[0].created, true
	}
	return time.Time{}, false
}

// newSeal makes what seals keys: AES-256-GCM by a key of their own.
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

// bound is what a sealed key is good for: no other id, no other purpose.
func bound(p Purpose, id string) []byte { return []byte(string(p) + " " + id) }

// add makes a key, which signs once load has read it. The time that is noted is
// never before the newest that was believed: a key that retires by a clock that
// was set back must not look old when the clock is right.
func (k *Keyring) add(ctx context.Context, p Purpose) (id string, err error) {
	name, err := uuid.NewRandomFromReader(k.Random)
	if err != nil {
		return "", err
	}
	id = name.String()
	plain, err := k.generate(p)
	if err != nil {
		return "", fmt.Errorf("making a key for %q: %w", p, err)
	}
	clock, err := k.Store.ServerClock(ctx, k.Clock())
	if err != nil {
		return "", err
	}
	created := clock.Now
	if clock.Mark.After(created) {
		created = clock.Mark
	}
	return id, k.Store.AddSigningKey(ctx, store.SigningKey{ID: id, Purpose: string(p),
		Sealed: k.seal.Seal(nil, nil, plain, bound(p, id)), Created: created})
}

// generate makes the secret part of a key: PKCS #8 for tokens, else 32 bytes.
func (k *Keyring) generate(p Purpose) ([]byte, error) {
	if p == Tokens {
		private, err := rsa.GenerateKey(k.Random, tokenBits)
		if err != nil {
			return nil, err
		}
		return x509.MarshalPKCS8PrivateKey(private)
	}
	bits := make([]byte, 32)
	_, err := io.ReadFull(k.Random, bits)
	return bits, err
}

// load reads all keys anew.
func (k *Keyring) load(ctx context.Context) error {
	stored, err := k.Store.SigningKeys(ctx)
	if err != nil {
		return err
	}
	fresh := &keys{secrets: map[Purpose][]secretKey{}}
	for _, s := range stored {
		if err := k.open(s, fresh); err != nil {
			return fmt.Errorf("opening key %q for %q: %w", s.ID, s.Purpose, err)
		}
	}
	if fresh.public, err = keySet(fresh.tokens); err != nil {
		return fmt.Errorf("writing the public keys: %w", err)
	}
	k.keys.Store(fresh)
	return nil
}

// ErrForeignKey says that the data folder's key is not the one that keys in the
// store were sealed with.
var ErrForeignKey = errors.New("it was not sealed with the key of this data folder")

// open unseals a key. It fails where the store is not of this data folder, or
// was changed by hand.
func (k *Keyring) open(s store.SigningKey, into *keys) error {
	p := Purpose(s.Purpose)
	plain, err := k.seal.Open(nil, nil, s.Sealed, bound(p, s.ID))
	if err != nil {
		return fmt.Errorf("%w: %w", ErrForeignKey, err)
	}
	if p != Tokens {
		key := secretKey{created: s.Created}
		if copy(key.bits[:], plain) != len(key.bits) {
			return fmt.Errorf("it has %d bytes, must have %d", len(plain), len(key.bits))
		}
		into.secrets[p] = append(into.secrets[p], key)
		return nil
	}
	parsed, err := x509.ParsePKCS8PrivateKey(plain)
	if err != nil {
		return err
	}
	private, ok := parsed.(*rsa.PrivateKey)
	if !ok {
		return fmt.Errorf("it is a %T, must be RSA", parsed)
	}
	into.tokens = append(into.tokens, tokenKey{s.ID, s.Created, private})
	return nil
}

// keySet writes the public halves as a JSON Web Key Set.
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
