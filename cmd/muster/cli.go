package main

import (
	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
)

// cli is the command line.
type cli struct {
	Serve   serveCmd      `cmd:"" help:"Serve the API, receive reports and make snapshots."`
	Collect agent.Command `cmd:"" help:"Make a report of this machine, or of a mounted or copied one."`
	Report  reportCmd     `cmd:"" help:"Send reports and SBOMs."`
	Publish publishCmd    `cmd:"" help:"Make the next snapshot now."`
	Verify  verifyCmd     `cmd:"" help:"Verify the database and every snapshot that is kept."`
	Repair  repairCmd     `cmd:"" help:"Repair damaged files of snapshots."`

	Why      whyCmd      `cmd:"" help:"Explain why a CVE affects a device, or why not."`
	Device   deviceCmd   `cmd:"" help:"List, show and remove devices."`
	Feed     feedCmd     `cmd:"" help:"Import, fetch and list vulnerability intelligence."`
	Coverage coverageCmd `cmd:"" help:"Show how far devices were assessed, and what to import."`

	Client       clientCmd       `cmd:"" help:"Grant and revoke the access of applications."`
	Group        groupCmd        `cmd:"" help:"Put devices into RBAC groups by rules."`
	Enroll       enrollCmd       `cmd:"" help:"Enrol devices that report for themselves."`
	Organization organizationCmd `cmd:"" help:"Add and list organizations."`
	Key          keyCmd          `cmd:"" help:"Rotate the server's signing keys."`

	Demo demoCmd `cmd:"" help:"Demonstrate the whole program in a folder of its own."`

	console.GlobalFlags
}

// clientCmd is `muster client`.
type clientCmd struct {
	Add    clientAddCmd    `cmd:"" help:"Add a client and show its secret."`
	List   clientListCmd   `cmd:"" help:"List clients."`
	Change clientChangeCmd `cmd:"" help:"Change a client's name, permissions or groups."`
	Rotate clientRotateCmd `cmd:"" help:"Give a client a new secret or another certificate."`
	Remove clientRemoveCmd `cmd:"" help:"Remove a client. Its access ends at once."`
}

// enrollCmd is `muster enroll`.
type enrollCmd struct {
	Create enrollCreateCmd `cmd:"" help:"Make a secret that devices exchange for credentials, and show it."`
	List   enrollListCmd   `cmd:"" help:"List enrolments."`
	Remove enrollRemoveCmd `cmd:"" help:"End an enrolment. Its secret stops working."`
	Accept enrollAcceptCmd `cmd:"" help:"Allow a known device without a credential to enrol."`
	Reset  enrollResetCmd  `cmd:"" help:"Revoke a device's credential, so that it can enrol again."`
}

// deviceCmd is `muster device`.
type deviceCmd struct {
	List   deviceListCmd   `cmd:"" help:"List devices."`
	Show   deviceShowCmd   `cmd:"" help:"Show what is known about a device."`
	Accept deviceAcceptCmd `cmd:"" help:"Accept the name, platform and tags that a device claims."`
	Remove deviceRemoveCmd `cmd:"" help:"Remove devices and their reports."`
}

// feedCmd is `muster feed`.
type feedCmd struct {
	Import  feedImportCmd  `cmd:"" help:"Import a feed from files, without a network."`
	Remove  feedRemoveCmd  `cmd:"" help:"Remove a feed."`
	Refresh feedRefreshCmd `cmd:"" help:"Fetch feeds from their publishers."`
	List    feedListCmd    `cmd:"" help:"List feeds."`
	Suggest feedSuggestCmd `cmd:"" help:"Suggest the feeds that the fleet needs."`
}

// groupCmd is `muster group`.
type groupCmd struct {
	Set  groupSetCmd  `cmd:"" help:"Set the rules that put devices into RBAC groups."`
	List groupListCmd `cmd:"" help:"List RBAC groups with their devices, or print the rules."`
}

// keyCmd is `muster key`.
type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Make a new signing key and use it from now on."`
}

// organizationCmd is `muster organization`.
type organizationCmd struct {
	Add  organizationAddCmd  `cmd:"" help:"Make an organization with its first administrator."`
	List organizationListCmd `cmd:"" help:"List the organizations of the server."`
}

// about opens the help of the program.
const about = `Shows what is installed on every device of a fleet, what is wrong with it, and what changed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 problems found, or left after a repair, 5 input refused, 6 server not reached or busy, 7 in doubt: nothing is published, 130 interrupted.`

// newProgram returns muster with all its commands. It adds the exit statuses of errors that
// package console does not know.
func newProgram() *console.Program {
	line := &cli{Collect: agent.NewCommand("muster collect", version)}
	return &console.Program{Name: "muster", About: about, Version: version, Line: line,
		Meanings: append(agent.Meanings(), []console.Meaning{
			{Err: node.ErrSetting, Status: console.StatusUsage},
			{Err: node.ErrLocked, Status: console.StatusFolder},
			{Err: node.ErrFolder, Status: console.StatusFolder},
			{Err: node.ErrDamaged, Status: console.StatusFolder},
			{Err: database.ErrNewer, Status: console.StatusFolder},
			{Err: snapshot.ErrNewer, Status: console.StatusFolder},
		}...)}
}
