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

// clientCmd is `muster client`.
type clientCmd struct {
	Add    clientAddCmd    `cmd:"" help:"Give an application access, and show its secret."`
	List   clientListCmd   `cmd:"" help:"List applications that have access."`
	Change clientChangeCmd `cmd:"" help:"Change name, permissions or groups of a client."`
	Rotate clientRotateCmd `cmd:"" help:"Give a client a new secret, or one more certificate."`
	Remove clientRemoveCmd `cmd:"" help:"Take a client's access away, at once."`
}

// enrollCmd is `muster enroll`.
type enrollCmd struct {
	Create enrollCreateCmd `cmd:"" help:"Make a secret that devices trade for credentials, and show it."`
	List   enrollListCmd   `cmd:"" help:"List enrolments."`
	Remove enrollRemoveCmd `cmd:"" help:"End an enrolment: its secret is good for nothing then."`
	Accept enrollAcceptCmd `cmd:"" help:"Let a device be enrolled that is known and has no credential."`
	Reset  enrollResetCmd  `cmd:"" help:"Take a device's credential away, so that it may be enrolled again."`
}

// deviceCmd is `muster device`.
type deviceCmd struct {
	List   deviceListCmd   `cmd:"" help:"List devices."`
	Show   deviceShowCmd   `cmd:"" help:"Show what is known of a device."`
	Accept deviceAcceptCmd `cmd:"" help:"Accept the name, platform and tags that a device claims."`
	Remove deviceRemoveCmd `cmd:"" help:"Forget a device and its reports."`
}

// feedCmd is `muster feed`.
type feedCmd struct {
	Import  feedImportCmd  `cmd:"" help:"Take files as a feed, without a network."`
	Refresh feedRefreshCmd `cmd:"" help:"Fetch feeds from where they are published."`
	List    feedListCmd    `cmd:"" help:"List feeds."`
}

// groupCmd is `muster group`.
type groupCmd struct {
	Set  groupSetCmd  `cmd:"" help:"Set the rules that put devices into RBAC groups."`
	List groupListCmd `cmd:"" help:"List RBAC groups with their devices, or print the rules."`
}

// keyCmd is `muster key`.
type keyCmd struct {
	Rotate keyRotateCmd `cmd:"" help:"Sign with a new key from now on."`
}

// organizationCmd is `muster organization`.
type organizationCmd struct {
	Add  organizationAddCmd  `cmd:"" help:"Make an organization with its first administrator."`
	List organizationListCmd `cmd:"" help:"List the organizations of the server."`
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
		{Err: database.ErrNewer, Status: console.StatusFolder},
		{Err: snapshot.ErrNewer, Status: console.StatusFolder},
	}...)}
}
