package main

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/signal"
	"syscall"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	node.CutShort(ctx, node.AbandonTime, func() {
		fmt.Fprintln(os.Stderr, "muster: error: interrupted, and could not stop in time: unfinished work is cut off")
		os.Exit(console.StatusInterrupted)
	})
	// Without this a closed pipe kills the process, which then leaves its files as they are.
	signal.Notify(make(chan os.Signal, 1), syscall.SIGPIPE)
	status := run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}

// run runs one command line and returns the exit status.
func run(ctx context.Context, args []string, stdin io.Reader, stdout, stderr io.Writer) int {
	return newProgram().Run(ctx, args, stdin, stdout, stderr)
}
