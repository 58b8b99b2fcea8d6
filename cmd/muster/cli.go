package main

import (
	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// cli is the command line.
type cli struct {
	Serve   serveCmd      `cmd:"" help:"Serve the API, take in reports and make snapshots."`
	Collect agent.Command `cmd:"" help:"Make a report of this machine, or of a mounted or copied one."`
	Report  reportCmd     `cmd:"" help:"Send reports and SBOMs."`
	Publish publishCmd    `cmd:"" help:"Make the next snapshot now."`
	Verify  verifyCmd     `cmd:"" help:"Prove the database and every snapshot that is kept."`
	Repair  repairCmd     `cmd:"" help:"Bring damaged files of snapshots in order."`

	Device deviceCmd `cmd:"" help:"List, show and remove devices."`
	Feed   feedCmd   `cmd:"" help:"Import, fetch and list vulnerability intelligence."`

	Client       clientCmd       `cmd:"" help:"Give applications access, and take it away."`
	Group        groupCmd        `cmd:"" help:"Put devices into RBAC groups by rules."`
	Enroll       enrollCmd       `cmd:"" help:"Let devices in that report for themselves."`
	Organization organizationCmd `cmd:"" help:"Make and list organizations."`
	Key          keyCmd          `cmd:"" help:"Rotate keys that the server signs with."`

	Demo demoCmd `cmd:"" help:"Show the whole program on a folder of its own."`

	console.GlobalFlags
}

// about opens the help of the program.
const about = `What is installed on every device of a fleet, what is wrong with it, and what changed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 problems were found, or are left after a repair, 5 input refused, 6 server not reached or busy, 7 in doubt: nothing is published, 130 interrupted.`

// newProgram is muster with all its commands. What errors mean that package console
// does not know is said here.
func newProgram() *console.Program {
	line := &cli{Collect: agent.NewCommand("muster collect", version)}
	return &console.Program{Name: "muster", About: about, Version: version, Line: line, Meanings: append(agent.Meanings(), []console.Meaning{
		{Err: node.ErrSetting, Status: console.StatusUsage},
		{Err: node.ErrLocked, Status: console.StatusFolder},
		{Err: node.ErrFolder, Status: console.StatusFolder},
		{Err: node.ErrDamaged, Status: console.StatusFolder},
		{Err: store.ErrNewer, Status: console.StatusFolder},
		{Err: snapshot.ErrNewer, Status: console.StatusFolder},
	}...)}
}
