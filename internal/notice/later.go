package notice

import "time"

// LaterError is the refusal of a receiver that says when it may be tried again.
type LaterError struct {
	After time.Duration
	Err   error
}

// Error implements error.
func (e *LaterError) Error() string { return e.Err.Error() }

// Unwrap returns the refusal.
func (e *LaterError) Unwrap() error { return e.Err }
