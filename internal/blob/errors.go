package blob

import (
	"errors"
	"fmt"
	"slices"
)

var (
	// ErrDamaged is wrapped by every error that says that a blob differs from its reference.
	ErrDamaged = errors.New("damaged")
	// ErrFull is wrapped if a disk, a quota or a limit leaves no room.
	ErrFull = errors.New("no space left for files")
	// ErrKey is wrapped if a name is not a valid key.
	ErrKey = errors.New("not a valid file name")
)

// Damaged returns the error for a blob that differs from its reference.
func Damaged(key, how string) error { return fmt.Errorf("file %q: %s: %w", key, how, ErrDamaged) }

// IsFull reports whether an error, of a store or of any file, says that a disk, a quota or a limit
// leaves no room.
func IsFull(err error) bool {
	return slices.ContainsFunc(append(fullCodes(), ErrFull), func(code error) bool { return errors.Is(err, code) })
}

// explain makes an error of a full disk wrap ErrFull.
func explain(err error) error {
	if errors.Is(err, ErrFull) || !IsFull(err) {
		return err
	}
	return fmt.Errorf("%w: %w", ErrFull, err)
}
