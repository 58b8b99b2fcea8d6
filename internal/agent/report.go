package agent

import (
	"errors"
	"time"
)

// Report is one report to be sent.
type Report struct {
	// Source tells the reports of a machine apart; the newest of each source counts.
	Source string
	// Made is when it was collected.
	Made time.Time
	// Body is what is sent.
	Body []byte
}

// Errors of sending that are not temporary.
var (
	// ErrRefused: the server refuses this report for good.
	ErrRefused = errors.New("the server refuses the report")
	// ErrShutOut: the server does not know this machine, or no longer. A manager of the
	// server has to let it in.
	ErrShutOut = errors.New("the server does not let this machine in")
)

// LaterError is a failure for which the server said when to try again.
type LaterError struct {
	Err   error
	After time.Duration
}

// Error implements error.
func (l *LaterError) Error() string { return l.Err.Error() }

// Unwrap returns the failure.
func (l *LaterError) Unwrap() error { return l.Err }

// retryAfter returns the wait that the server asked for, 0 if none.
func retryAfter(err error) time.Duration {
	var later *LaterError
	if errors.As(err, &later) {
		return later.After
	}
	return 0
}
