package auth

import (
	"crypto/sha256"
	"crypto/subtle"
	"encoding/base64"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/store/access"
)

const (
	// secretPrefix lets people, and scanners for leaked secrets, recognize secrets of muster.
	secretPrefix = "mst_"
	// hintLength is how much of a secret is kept to recognize it: 24 bits of 256.
	hintLength = len(secretPrefix) + 4
)

// NewSecret makes a secret of 256 random bits, and the credential to store, which has only its
// hash: a lost secret must be replaced. It is valid until expires, without end if that is zero.
func NewSecret(random io.Reader, now, expires time.Time) (secret string, stored access.Credential, err error) {
	var bits [32]byte
	if _, err := io.ReadFull(random, bits[:]); err != nil {
		return "", access.Credential{}, fmt.Errorf("making a secret: %w", err)
	}
	id, err := uuid.NewRandomFromReader(random)
	if err != nil {
		return "", access.Credential{}, fmt.Errorf("making a secret: %w", err)
	}
	secret = secretPrefix + base64.RawURLEncoding.EncodeToString(bits[:])
	return secret, access.Credential{ID: id.String(), Kind: access.KindSecret, Hash: HashSecret(secret),
		Hint: secret[:hintLength], Created: now, Expires: expires}, nil
}

// IsSecret tells whether a text has the form of a secret.
func IsSecret(text string) bool {
	bits, ok := strings.CutPrefix(text, secretPrefix)
	decoded, err := base64.RawURLEncoding.DecodeString(bits)
	return ok && err == nil && len(decoded) == 32
}

// HashSecret returns what is stored of a secret. SHA-256 is enough: 256 random bits cannot be
// guessed, however fast the hash (doc/decision/0019).
func HashSecret(secret string) [32]byte { return sha256.Sum256([]byte(secret)) }

// matchSecret finds the credential of a secret, valid ones first. It takes the same time for
// every secret.
func matchSecret(credentials []access.Credential, secret string, now time.Time) (found, valid bool) {
	hash := HashSecret(secret)
	for i := range credentials {
		c := &credentials[i]
		same := subtle.ConstantTimeCompare(hash[:], c.Hash[:]) == 1
		if c.Kind == access.KindSecret && same {
			found, valid = true, valid || c.Valid(now)
		}
	}
	return found, valid
}

// fromBasic reads an id or secret from HTTP Basic. RFC 6749, section 2.3.1, requires form
// encoding, which many clients leave out; muster's ids and secrets have no characters for which
// it makes a difference.
func fromBasic(text string) string {
	if plain, err := url.QueryUnescape(text); err == nil {
		return plain
	}
	return text
}
