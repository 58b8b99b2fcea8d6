package main

import (
	"slices"

	"github.com/muster-project/muster/cmd/muster/access"
	"github.com/muster-project/muster/cmd/muster/answers"
	"github.com/muster-project/muster/cmd/muster/exception"
	"github.com/muster-project/muster/cmd/muster/manual"
	"github.com/muster-project/muster/cmd/muster/notifying"
	"github.com/muster-project/muster/cmd/muster/scanning"
	"github.com/muster-project/muster/cmd/muster/titling"
	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory/collect"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/watch"
)

// cli is the command line.
type cli struct {
	Serve   serveCmd      `cmd:"" help:"Serve the API, receive reports and make snapshots."`
	Collect agent.Command `cmd:"" help:"Make a report of this machine, or of a mounted or copied one."`
	Report  reportCmd     `cmd:"" help:"Send reports and SBOMs."`
	Publish publishCmd    `cmd:"" help:"Make the next snapshot now."`
	Verify  verifyCmd     `cmd:"" help:"Verify the database and every snapshot that is kept."`
	Repair  repairCmd     `cmd:"" help:"Repair damaged files of snapshots."`

	Scan scanning.Scan `cmd:"" help:"Assess this machine or a document, without a server."`

	Findings        answers.Findings        `cmd:"" help:"List findings by risk."`
	Recommendations answers.Recommendations `cmd:"" help:"List what to update first, to what, on how many devices."`
	Software        answers.Software        `cmd:"" help:"List software by risk."`
	Devices         answers.Devices         `cmd:"" help:"List devices by risk."`
	Changes         answers.Changes         `cmd:"" help:"List what changed in findings, by risk."`
	Trends          answers.Trends          `cmd:"" help:"Show how findings and devices develop, for 400 days."`
	Configurations  answers.Configurations  `cmd:"" help:"List checks of settings, and how many devices fail them."`
	Scores          answers.Scores          `cmd:"" help:"Show how well devices are configured, by category, group and snapshot."`

	Why      answers.Why      `cmd:"" help:"Explain why a CVE affects a device, or why not."`
	Device   answers.Device   `cmd:"" help:"List, show and remove devices."`
	Feed     feedCmd          `cmd:"" help:"Import, fetch and list vulnerability intelligence."`
	Title    titling.Title    `cmd:"" help:"List software that nothing identifies, and confirm what it is."`
	Export   answers.Export   `cmd:"" help:"Download an export to a file."`
	Coverage answers.Coverage `cmd:"" help:"Show how far devices were assessed, and what to import."`

	Benchmark benchmarkCmd `cmd:"" help:"Lint, test, list and import checks of settings."`

	Notify       notifying.Notify    `cmd:"" help:"Tell people and programs what changed, by webhook, mail and syslog."`
	Exception    exception.Exception `cmd:"" help:"Except findings: accept risks, import VEX."`
	Client       access.Client       `cmd:"" help:"Grant and revoke the access of applications."`
	Group        access.Group        `cmd:"" help:"Put devices into RBAC groups by rules."`
	Enroll       access.Enroll       `cmd:"" help:"Enrol devices that report for themselves."`
	Open         access.Open         `cmd:"" help:"Open the dashboard of a server in your browser, signed in."`
	Session      access.Session      `cmd:"" help:"List browsers that are signed in, and sign them out."`
	Login        access.Login        `cmd:"" help:"Keep who you are to a server."`
	Logout       access.Logout       `cmd:"" help:"Forget who you are to a server."`
	Token        access.Token        `cmd:"" help:"Print an access token."`
	Organization access.Organization `cmd:"" help:"Add and list organizations."`
	Key          access.Key          `cmd:"" help:"Rotate the server's signing keys."`

	Migrate   migrateCmd   `cmd:"" help:"Show and upgrade the schema of the database."`
	Move      moveCmd      `cmd:"" help:"Move a data folder to PostgreSQL and object storage."`
	Retention retentionCmd `cmd:"" help:"Keep all files while a backup of several nodes is taken."`

	Help       manual.Help       `cmd:"" help:"Show the help of a command."`
	Completion manual.Completion `cmd:"" help:"Print a script for completion in a shell."`
	Man        manual.Man        `cmd:"" help:"Write manual pages."`
	Version    manual.Version    `cmd:"" help:"Print the version."`

	Demo demoCmd `cmd:"" help:"Demonstrate the whole program in a folder of its own."`

	console.GlobalFlags
}

// feedCmd is `muster feed`.
type feedCmd struct {
	Import  feedImportCmd  `cmd:"" help:"Import a feed from files, without a network."`
	Remove  feedRemoveCmd  `cmd:"" help:"Remove a feed."`
	Refresh feedRefreshCmd `cmd:"" help:"Fetch feeds from their publishers."`
	List    feedListCmd    `cmd:"" help:"List feeds."`
	Suggest feedSuggestCmd `cmd:"" help:"Suggest the feeds that the fleet needs."`
	Bundle  feedBundleCmd  `cmd:"" help:"Carry all feeds to a site without a network, in one signed file."`
}

// about opens the help of the program.
const about = `Shows what is installed on every device of a fleet, what is wrong with it, and what changed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 problems found, or left after a repair, 5 input refused, 6 server not reached or busy, 7 in doubt: nothing is published, 8 a scan could not assess enough, 130 interrupted, 141 nobody reads the output any more.`

// newProgram returns muster with all its commands. It adds the exit statuses of errors that
// package console does not know.
func newProgram() *console.Program {
	line := &cli{Collect: agent.NewCommand("muster collect", build()).WithMac(collect.MacDisks()), Scan: scanning.New(build())}
	return &console.Program{Name: "muster", About: about, Version: build(), Line: line, Words: kindWords(),
		Meanings: slices.Concat(agent.Meanings(), scanning.Meanings(), []console.Meaning{
			{Err: node.ErrSetting, Status: console.StatusUsage},
			{Err: node.ErrLocked, Status: console.StatusFolder},
			{Err: node.ErrFolder, Status: console.StatusFolder},
			{Err: node.ErrDamaged, Status: console.StatusFolder},
			{Err: node.ErrPlace, Status: console.StatusFolder},
			{Err: node.ErrMoved, Status: console.StatusFolder},
			{Err: database.ErrFilling, Status: console.StatusFolder},
			{Err: watch.ErrDoubt, Status: console.StatusDoubt},
			{Err: database.ErrNewer, Status: console.StatusFolder},
			{Err: snapshot.ErrNewer, Status: console.StatusFolder},
		})}
}
