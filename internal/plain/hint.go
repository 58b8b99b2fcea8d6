package plain

import (
	"errors"
	"fmt"
)

// hintedError is an error with advice for people.
type hintedError struct {
	error
	hint string
}

// Unwrap returns the error without the advice.
func (h *hintedError) Unwrap() error { return h.error }

// Hinted adds advice to an error, unless it has some.
func Hinted(err error, format string, args ...any) error {
	if err == nil || Hint(err) != "" {
		return err
	}
	return &hintedError{err, fmt.Sprintf(format, args...)}
}

// Hint is the advice of an error; empty if it has none.
func Hint(err error) string {
	var advice *hintedError
	if errors.As(err, &advice) {
		return advice.hint
	}
	return ""
}
