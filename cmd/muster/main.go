package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"
)

// version is what `muster --version` prints; the Makefile sets it.
var version = "unknown"

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	cutShort(ctx, abandonTime, func() {
		fmt.Fprintln(os.Stderr, "muster: error: interrupted, and could not stop in time: what is not finished is cut")
		os.Exit(statusInterrupted)
	})
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run is the program: it carries out one command line and returns the exit
// status. When ctx ends the command stops, and leaves what it works on whole.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	t := newTerminal(stdin, stdout, stderr)
	defer t.close()
	err := execute(ctx, args, t)
	switch {
	case err == nil, errors.Is(err, errHelp):
		return statusDone
	case ctx.Err() != nil:
		t.complain(fmt.Errorf("interrupted: %w", context.Cause(ctx)))
		return statusInterrupted
	}
	t.complain(err)
	return statusOf(err)
}

// execute parses a command line and runs its command.
func execute(ctx context.Context, args []string, t *terminal) error {
	var c cli
	parser, err := newParser(&c, t)
	if err != nil {
		return fmt.Errorf("building the command line: %w", err)
	}
	parsed, err := parser.Parse(args)
	if err != nil {
		return asUsage(err)
	}
	parsed.BindTo(ctx, (*context.Context)(nil))
	return parsed.Run(t)
}
