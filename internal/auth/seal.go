package auth

import (
	"crypto/aes"
	"crypto/cipher"
	"encoding/base64"
	"encoding/binary"
	"errors"
	"fmt"
)

// ErrSeal: a sealed text is not from this server, was changed, or was made for something else.
var ErrSeal = errors.New("not a text that was sealed here for this")

// maxSealed is the longest text that Open reads.
const maxSealed = 512

// Binding joins texts to what a sealed text is bound to. Texts carry their length, so that no two
// bindings are the same bytes.
func Binding(texts ...string) (b []byte) {
	for _, text := range texts {
		b = append(binary.AppendUvarint(b, uint64(len(text))), text...)
	}
	return b
}

// Seal makes a text that only this server reads back: plain, sealed by AES-256-GCM with the newest key
// of a purpose. What the text is bound to is not in it but authenticated with it, and so is version,
// its first byte. No two texts are the same.
func (k *Keyring) Seal(p Purpose, version byte, binding, plain []byte) (string, error) {
	newest, _ := k.Secrets(p)
	aead, err := sealing(newest)
	if err != nil {
		return "", err
	}
	sealed := aead.Seal([]byte{version}, nil, plain, append([]byte{version}, binding...))
	return base64.RawURLEncoding.EncodeToString(sealed), nil
}

// Open reads what Seal has made with any key of the purpose that is still kept. Every problem with the
// text is ErrSeal: a reply must not tell which part of a forged one was wrong.
func (k *Keyring) Open(p Purpose, version byte, binding []byte, text string) ([]byte, error) {
	if len(text) > maxSealed {
		return nil, ErrSeal
	}
	sealed, err := base64.RawURLEncoding.Strict().DecodeString(text)
	if err != nil || len(sealed) == 0 || sealed[0] != version {
		return nil, ErrSeal
	}
	_, all := k.Secrets(p)
	for _, secret := range all {
		aead, err := sealing(secret)
		if err != nil {
			return nil, err
		}
		if plain, err := aead.Open(nil, nil, sealed[1:], append([]byte{version}, binding...)); err == nil {
			return plain, nil
		}
	}
	return nil, ErrSeal
}

// SealKept seals a secret that is kept for an organization. what names it.
func (k *Keyring) SealKept(org, what string, plain []byte) []byte {
	return k.kept.Seal(nil, nil, plain, keptBinding(org, what))
}

// OpenKept reads what SealKept has made. The error wraps ErrForeignKey if it was sealed with another key, or for
// something else.
func (k *Keyring) OpenKept(org, what string, sealed []byte) ([]byte, error) {
	return openKept(k.kept, org, what, sealed)
}

// sealing returns the cipher of one key.
func sealing(secret [32]byte) (cipher.AEAD, error) {
	block, err := aes.NewCipher(secret[:])
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	aead, err := cipher.NewGCMWithRandomNonce(block)
	if err != nil {
		return nil, fmt.Errorf("making a cipher: %w", err)
	}
	return aead, nil
}
