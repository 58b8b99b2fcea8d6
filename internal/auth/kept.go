package auth

import (
	"crypto/cipher"
	"fmt"
)

// What an organization entrusts to the server, such as the password of a mail server, is kept for as long as the
// organization wants. So it is sealed with the data folder's key itself, and not with keys that rotate.

// keptBinding binds what is kept to its organization and to what it is.
func keptBinding(org, what string) []byte { return fmt.Appendf(nil, "kept %q %q", org, what) }

// openKept opens what was sealed. The error wraps ErrForeignKey if it was sealed with another key, or for something
// else.
func openKept(with cipher.AEAD, org, what string, sealed []byte) ([]byte, error) {
	plain, err := with.Open(nil, nil, sealed, keptBinding(org, what))
	if err != nil {
		return nil, fmt.Errorf("opening a secret: %w", ErrForeignKey)
	}
	return plain, nil
}

// newKept returns the cipher of what is kept: AES-256-GCM, with a derived key.
func newKept(folder [32]byte) (cipher.AEAD, error) { return newDerived(folder, "muster kept secrets") }

// ResealKept returns what was sealed with one folder's key, sealed with another. The error wraps ErrForeignKey if it
// cannot be opened.
func ResealKept(from, to [32]byte, org, what string, sealed []byte) ([]byte, error) {
	old, err := newKept(from)
	if err != nil {
		return nil, fmt.Errorf("sealing a secret anew: %w", err)
	}
	plain, err := openKept(old, org, what, sealed)
	if err != nil {
		return nil, err
	}
	fresh, err := newKept(to)
	if err != nil {
		return nil, fmt.Errorf("sealing a secret anew: %w", err)
	}
	return fresh.Seal(nil, nil, plain, keptBinding(org, what)), nil
}
