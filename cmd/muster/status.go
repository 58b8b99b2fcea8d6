package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// The exit statuses, for scripts. They are in the help of the program.
const (
	statusDone        = 0
	statusFailed      = 1
	statusUsage       = 2
	statusFolder      = 3 // the data folder is refused or in use
	statusProblems    = 4 // verify found problems
	statusInput       = 5 // what was sent or asked for is refused
	statusUnreachable = 6 // the server is not there, or busy: try again
	statusDoubt       = 7 // nothing is published while the clock, or the size of the fleet, is in doubt
	statusInterrupted = 130
)

// Errors that statusOf tells apart.
var (
	errUsage    = errors.New("wrong usage")
	errLocked   = errors.New("the data folder is in use")
	errFolder   = errors.New("this is no data folder to work on")
	errDamaged  = errors.New("the data folder is damaged")
	errProblems = errors.New("there are problems")
	errInput    = errors.New("input refused")
	errNoAnswer = errors.New("no answer")
)

// statuses maps errors to exit statuses; the first one that fits counts.
var statuses = []struct {
	err    error
	status int
}{
	{errUsage, statusUsage},
	{errLocked, statusFolder},
	{errFolder, statusFolder},
	{errDamaged, statusFolder},
	{store.ErrNewer, statusFolder},
	{snapshot.ErrNewer, statusFolder},
	{errProblems, statusProblems},
	{errInput, statusInput},
	{collect.ErrNothing, statusInput},
	{collect.ErrOS, statusUsage},
	{errNoAnswer, statusUnreachable},
}

// statusOf returns the exit status for the error that ended a command.
func statusOf(err error) int {
	if err == nil {
		return statusDone
	}
	for _, s := range statuses {
		if errors.Is(err, s.err) {
			return s.status
		}
	}
	var refused *replyError
	if errors.As(err, &refused) {
		return refused.exitStatus()
	}
	return statusFailed
}

// usageError says what is wrong with a command line.
type usageError struct{ err error }

// Error says it.
func (u *usageError) Error() string { return u.err.Error() }

// Unwrap returns errUsage beside the cause.
func (u *usageError) Unwrap() []error { return []error{errUsage, u.err} }

// usage makes an error of a command line.
func usage(format string, args ...any) error { return &usageError{fmt.Errorf(format, args...)} }

// asUsage marks the parser's errors; help that was asked for is none.
func asUsage(err error) error {
	if errors.Is(err, errHelp) {
		return err
	}
	var parsing *kong.ParseError
	if !errors.As(err, &parsing) {
		return &usageError{err}
	}
	command := "muster"
	if parsing.Context != nil && parsing.Context.Selected() != nil {
		command = parsing.Context.Selected().FullPath()
	}
	return hinted(&usageError{err}, "%s --help", command)
}

// hintedError is an error with advice for people.
type hintedError struct {
	error
	hint string
}

// Unwrap returns the error without the advice.
func (h *hintedError) Unwrap() error { return h.error }

// hinted adds advice to an error, unless it has some.
func hinted(err error, format string, args ...any) error {
	var already *hintedError
	if err == nil || errors.As(err, &already) {
		return err
	}
	return &hintedError{err, fmt.Sprintf(format, args...)}
}
