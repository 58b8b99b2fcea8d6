package auth

import "crypto/rsa"

// Signer hands tests the key that signs tokens, for forgeries that only a thief
// of it could make.
func (k *Keyring) Signer() (id string, key *rsa.PrivateKey) {
	t := k.signer()
	return t.id, t.private
}

// FetchEvery is how often an issuer is asked at most.
const FetchEvery = fetchEvery

// ProviderLife is how long an issuer is believed.
const ProviderLife = providerLife

// KeyLife is how long a key signs.
const KeyLife = keyLife

// HasSigned checks a signature.
var HasSigned = hasSigned
