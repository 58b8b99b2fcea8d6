package odata

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Error is a fault of an option of a request. Clients get it as 400 ODataError.
type Error struct {
	// Option is the option's name, such as $filter. At is the fault's place in its value, in
	// characters from 1; 0 if the fault has none.
	Option string
	At     int
	// Problem says what is wrong.
	Problem string
}

// Error returns the whole message.
func (e *Error) Error() string {
	if e.At == 0 {
		return e.Option + ": " + e.Problem
	}
	return fmt.Sprintf("%s: character %d: %s", e.Option, e.At, e.Problem)
}

// fault returns the error for a place in the value of an option, by its offset in bytes.
func fault(option, value string, offset int, format string, args ...any) *Error {
	return &Error{Option: option, At: utf8.RuneCountInString(value[:min(offset, len(value))]) + 1,
		Problem: fmt.Sprintf(format, args...)}
}

// MaxFilter is the longest value of $filter, $orderby and $select, in bytes.
const MaxFilter = 8 << 10

// checkLength refuses a value that is too long.
func checkLength(option, text string) error {
	if len(text) > MaxFilter {
		return &Error{Option: option, Problem: fmt.Sprintf("longer than %d bytes", MaxFilter)}
	}
	return nil
}

// maxShown is how many characters of a value an error repeats.
const maxShown = 60

// shown returns text as errors repeat it.
func shown(text string) string {
	if utf8.RuneCountInString(text) > maxShown {
		text = string([]rune(text)[:maxShown]) + "…"
	}
	return fmt.Sprintf("%q", strings.ToValidUTF8(text, "\ufffd"))
}
