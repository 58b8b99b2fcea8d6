// Package parse reads text from outside. [JSON] reads a JSON text from front to back and builds no
// unneeded values. A [FieldError] names the place of a problem: line, path and byte.
package parse

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// Errors of reading text from outside; test with errors.Is.
var (
	// ErrInvalid says that the input breaks a rule; its sender must change it.
	ErrInvalid = errors.New("invalid report")
	// ErrTooLarge says that the input as a whole is too large. It is an ErrInvalid, too.
	ErrTooLarge = fmt.Errorf("%w: too large", ErrInvalid)
)

// FieldError names what is wrong with a report, and where.
type FieldError struct {
	// Line is the line of an NDJSON batch, from 1; 0 for a single report.
	Line int
	// Field is the path of the value ("software[17].name"); empty for the report as a whole.
	Field string
	// Problem says what is wrong with it ("is not a string").
	Problem string
	// Err is ErrInvalid or an error that wraps it.
	Err error
}

// Error gives line, field and problem: "line 3: software[17].name: is missing".
func (e *FieldError) Error() string {
	var b strings.Builder
	if e.Line > 0 {
		fmt.Fprintf(&b, "line %d: ", e.Line)
	}
	if e.Field != "" {
		b.WriteString(e.Field + ": ")
	}
	b.WriteString(e.Problem)
	return b.String()
}

// Unwrap returns the sentinel error.
func (e *FieldError) Unwrap() error { return e.Err }

// Invalid makes the FieldError for a value that breaks a rule.
func Invalid(field, format string, args ...any) *FieldError {
	return &FieldError{Field: field, Problem: fmt.Sprintf(format, args...), Err: ErrInvalid}
}

// TooMany says that a list or map exceeds its limit.
func TooMany(limit int) error {
	return Invalid("", "has more than %d entries", limit)
}

// Within prepends the key of the enclosing object to err's path.
func Within(err error, key string) error {
	var field *FieldError
	if !errors.As(err, &field) {
		return err
	}
	field.Field = join(pathKey(key), field.Field)
	return err
}

// AtIndex prepends the index in the enclosing array to err's path.
func AtIndex(err error, i int) error {
	var field *FieldError
	if !errors.As(err, &field) {
		return err
	}
	field.Field = join("["+strconv.Itoa(i)+"]", field.Field)
	return err
}

// join joins two parts of a path.
func join(outer, inner string) string {
	if inner == "" || inner[0] == '[' {
		return outer + inner
	}
	return outer + "." + inner
}

// pathKey returns a key for a path: unchanged if it is a plain word, else quoted and cut, since it
// is the sender's text and may be long.
func pathKey(key string) string {
	const longest = 64
	plain := key != "" && len(key) <= longest
	for _, r := range key {
		plain = plain && (r == '_' || r == '-' || r >= '0' && r <= '9' || r >= 'A' && r <= 'Z' || r >= 'a' && r <= 'z')
	}
	if plain {
		return key
	}
	return strconv.Quote(Clip(key, longest))
}

// Clip cuts s to at most n bytes, for messages.
func Clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "") + "…"
}
