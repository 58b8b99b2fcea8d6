package agent

import (
	"errors"
	"time"
)

// Report is one report on its way.
type Report struct {
	// Source tells one machine's reports apart; of each the newest counts.
	Source string
	// Made is when it was collected.
	Made time.Time
	// Body is what is sent.
	Body []byte
}

// What sending may end with, beside errors that pass with time.
var (
	// ErrRefused: the server does not take this report, and never will.
	ErrRefused = errors.New("the server refuses the report")
	// ErrShutOut: the server does not know this machine, or not any more. Whoever
	// runs the server has to let it in.
	ErrShutOut = errors.New("the server does not let this machine in")
)

// LaterError is a failure after which the server said when to come again.
type LaterError struct {
	Err   error
	After time.Duration
}

// Error says what the failure was.
func (l *LaterError) Error() string { return l.Err.Error() }

// Unwrap returns the failure.
func (l *LaterError) Unwrap() error { return l.Err }

// retryAfter is the time that the server asked for, 0 if it said nothing.
func retryAfter(err error) time.Duration {
	var later *LaterError
	if errors.As(err, &later) {
		return later.After
	}
	return 0
}
