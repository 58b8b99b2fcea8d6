package auth

import (
	"crypto/rsa"

	"github.com/muster-project/muster/internal/auth/jwt"
)

// Signer gives tests the key that signs tokens, for forgeries that only a thief of the key could
// make.
func (k *Keyring) Signer() (id string, key *rsa.PrivateKey) {
	t := k.signer()
	return t.id, t.private
}

// FetchEvery is the shortest time between two requests to an issuer.
const FetchEvery = jwt.FetchEvery

// ProviderLife is how long a discovery document is used.
const ProviderLife = jwt.ProviderLife

// KeyLife is how long a key signs.
const KeyLife = keyLife

// Knows tells whether a key of tokens is known, without reading the store.
func (k *Keyring) Knows(id string) bool {
	_, ok := k.keys.Load().find(id)
	return ok
}
