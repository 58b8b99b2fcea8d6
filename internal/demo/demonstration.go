package demo

import (
	"fmt"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory/fleet"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/store/publication"
)

// demonstration is what a demo makes, checks and shows.
type demonstration struct {
	folder   *node.Folder
	url      string
	terminal *console.Terminal
	fleet    fleet.Fleet
	version  string // of the program
	// here is the id of this machine; empty if it is left out.
	here string
	// first and second are its snapshots.
	first, second publication.Snapshot
	// client is who asks, token its token.
	client control.Issued
	token  string
}

// say prints one step.
func (d *demonstration) say(format string, args ...any) {
	fmt.Fprintf(d.terminal.Out, format+"\n", args...)
}
