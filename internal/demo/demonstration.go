package demo

import (
	"fmt"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/publication"
)

// demonstration is the state of a running demonstration.
type demonstration struct {
	folder   *node.Node
	url      string
	terminal *console.Terminal
	clock    *clock
	past
	version string // of the program
	// here is the id of this machine; "" if it was skipped.
	here string
	// first and second are the newest snapshots.
	first, second publication.Snapshot
	// client makes the calls, with token.
	client control.Issued
	token  string
}

// say prints a line.
func (d *demonstration) say(format string, args ...any) {
	fmt.Fprintf(d.terminal.Out, format+"\n", args...)
}
