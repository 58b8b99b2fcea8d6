package plain

import (
	"errors"
	"fmt"
)

// hintedError is an error with a hint for people.
type hintedError struct {
	error
	hint string
}

// Unwrap returns the error without the hint.
func (h *hintedError) Unwrap() error { return h.error }

// Hinted adds a hint to an error, unless it has one.
func Hinted(err error, format string, args ...any) error {
	if err == nil || Hint(err) != "" {
		return err
	}
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// Hint returns the hint of an error, "" if it has none.
func Hint(err error) string {
	var advice *hintedError
	if errors.As(err, &advice) {
		return advice.hint
	}
	return ""
}
