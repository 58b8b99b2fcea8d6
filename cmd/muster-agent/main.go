// Command muster-agent collects the machine that it runs on and reports it to a
// muster server. It is `muster collect` without the server.
//
// It links no database, no API and no intelligence (main_test.go), and is smaller than
// 10 MB (make size).
package main

import (
	"context"
	"fmt"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
)

// version is set by the Makefile. build returns what `muster-agent --version` prints and reports
// name.
var version = console.UnknownVersion

func build() string { return console.BuildVersion(version) }

// abandonTime is how long after a signal the process ends in any case. Some waits cannot be
// interrupted, for example for a disk that does not answer.
const abandonTime = 19 * time.Second

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, func() {
		time.AfterFunc(abandonTime, func() {
			fmt.Fprintln(os.Stderr, "muster-agent: error: interrupted, and could not stop in time")
			os.Exit(console.StatusInterrupted)
		})
	})
	status := agent.Program(build()).Run(ctx, os.Args[1:], os.Stdin, os.Stdout, os.Stderr)
	stop()
	os.Exit(status)
}
