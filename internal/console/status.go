package console

import (
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/control"
)

// The exit statuses, for scripts. They are in the help of the program.
const (
	StatusDone        = 0
	StatusFailed      = 1
	StatusUsage       = 2
	StatusFolder      = 3 // the data folder is refused or in use
	StatusProblems    = 4 // problems were found
	StatusInput       = 5 // the input was refused
	StatusUnreachable = 6 // the server cannot be reached or is busy: try again
	StatusDoubt       = 7 // nothing is published while the clock, or the size of the fleet, is in doubt
	StatusUnassessed  = 8 // a scan could not assess enough for its findings to be believed
	StatusInterrupted = 130
	StatusPipe        = 141 // the reader of the output is gone: as a shell tells of SIGPIPE
)

// Errors with an exit status of their own, besides those of package control.
var (
	ErrUsage    = errors.New("wrong usage")
	ErrProblems = errors.New("problems found")
)

// Meaning is the exit status of an error that a program knows and this package does not.
type Meaning struct {
	Err    error
	Status int
}

// meanings are the exit statuses of errors that every program knows.
var meanings = []Meaning{
	{ErrProblems, StatusProblems},
	{control.ErrInput, StatusInput},
	{control.ErrNoAnswer, StatusUnreachable},
}

// namedError is an error of a file or folder that a person named.
type namedError struct{ err error }

// Error implements error.
func (n *namedError) Error() string { return n.err.Error() }

// Unwrap returns control.ErrInput beside the cause.
func (n *namedError) Unwrap() []error { return []error{control.ErrInput, n.err} }

// AsNamed marks an error as that of a file or folder that a person named, which cannot be opened:
// input is refused, whatever the command and the flag. nil stays nil.
func AsNamed(err error) error {
	if err == nil {
		return nil
	}
	return &namedError{err}
}

// Status returns the exit status for the error that ended a command. A named file that cannot be
// opened comes first, then wrong usage, then the first of the program's own meanings that matches.
func Status(err error, own []Meaning) int {
	if err == nil {
		return StatusDone
	}
	var named *namedError
	if errors.As(err, &named) {
		return StatusInput
	}
	if errors.Is(err, ErrUsage) {
		return StatusUsage
	}
	for _, all := range [][]Meaning{own, meanings} {
		for _, m := range all {
			if errors.Is(err, m.Err) {
				return m.Status
			}
		}
	}
	var reply *control.Error
	switch {
	case !errors.As(err, &reply):
	case reply.InDoubt():
		return StatusDoubt
	case reply.Unreachable():
		return StatusUnreachable
	case reply.Refused():
		return StatusInput
	}
	return StatusFailed
}

// usageError is an error of the command line.
type usageError struct{ err error }

// Error implements error.
func (u *usageError) Error() string { return u.err.Error() }

// Unwrap returns ErrUsage beside the cause.
func (u *usageError) Unwrap() []error { return []error{ErrUsage, u.err} }

// Usage returns an error of the command line.
func Usage(format string, args ...any) error { return AsUsage(fmt.Errorf(format, args...)) }

// AsUsage marks an error as an error of the command line; nil stays nil.
func AsUsage(err error) error {
	if err == nil {
		return nil
	}
	return &usageError{err}
}
