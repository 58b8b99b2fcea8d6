package bundle

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/x509"
	"encoding/base64"
	"encoding/hex"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"strings"
)

// Key signs bundles.
type Key struct{ private ed25519.PrivateKey }

// PublicKey is whom bundles are taken from.
type PublicKey struct{ bytes ed25519.PublicKey }

// ErrKey says that a text is no key.
var ErrKey = errors.New("not a key of bundles")

const (
	// publicPrefix begins a public key, as people write it.
	publicPrefix = "muster-bundle:"
	// pemType is the type of PKCS #8 in PEM (RFC 7468, section 10).
	pemType = "PRIVATE KEY"
)

// NewKey makes a key.
func NewKey(random io.Reader) (Key, error) {
	_, private, err := ed25519.GenerateKey(random)
	if err != nil {
		return Key{}, fmt.Errorf("making a key of bundles: %w", err)
	}
	return Key{private}, nil
}

// PEM returns the key as a file: PKCS #8 in PEM, which other programs read, too.
func (k Key) PEM() ([]byte, error) {
	der, err := x509.MarshalPKCS8PrivateKey(k.private)
	if err != nil {
		return nil, fmt.Errorf("encoding a key of bundles: %w", err)
	}
	return pem.EncodeToMemory(&pem.Block{Type: pemType, Bytes: der}), nil
}

// ParseKey reads what PEM returns, or what `openssl genpkey -algorithm ed25519` writes. It shows nothing of the text.
func ParseKey(text []byte) (Key, error) {
	block, _ := pem.Decode(text)
	if block == nil || block.Type != pemType {
		return Key{}, fmt.Errorf("%w: want a private key in PEM, as muster feed bundle key makes it", ErrKey)
	}
	parsed, err := x509.ParsePKCS8PrivateKey(block.Bytes)
	private, ok := parsed.(ed25519.PrivateKey)
	if err != nil || !ok {
		return Key{}, fmt.Errorf("%w: want a private key of Ed25519", ErrKey)
	}
	return Key{private}, nil
}

// Public returns the public key.
func (k Key) Public() PublicKey { return PublicKey{k.private.Public().(ed25519.PublicKey)} }

// String returns the key as people write it.
func (p PublicKey) String() string { return publicPrefix + base64.StdEncoding.EncodeToString(p.bytes) }

// ID returns the first 16 digits of the key's SHA-256, which name it.
func (p PublicKey) ID() string {
	sum := sha256.Sum256(p.bytes)
	return hex.EncodeToString(sum[:8])
}

// ParsePublicKey reads what String returns.
func ParsePublicKey(text string) (PublicKey, error) {
	encoded, ok := strings.CutPrefix(strings.TrimSpace(text), publicPrefix)
	raw, err := base64.StdEncoding.Strict().DecodeString(encoded)
	if !ok || err != nil || len(raw) != ed25519.PublicKeySize {
		return PublicKey{}, fmt.Errorf("%w: %.100q; want %s and 44 characters, as muster feed bundle key prints it", ErrKey, text, publicPrefix)
	}
	return PublicKey{raw}, nil
}

// context begins what is signed, so that the signature is good for nothing else.
const context = "muster feed bundle 1\n"

func signed(manifest []byte) []byte { return append([]byte(context), manifest...) }

// sign returns the entry with the signature of a manifest.
func (k Key) sign(manifest []byte) []byte {
	return []byte(base64.StdEncoding.EncodeToString(ed25519.Sign(k.private, signed(manifest))) + "\n")
}

// verifies reports whether an entry is the key's signature of a manifest.
func (p PublicKey) verifies(manifest, entry []byte) bool {
	raw, err := base64.StdEncoding.DecodeString(strings.TrimSpace(string(entry)))
	return err == nil && len(p.bytes) == ed25519.PublicKeySize && ed25519.Verify(p.bytes, signed(manifest), raw)
}
