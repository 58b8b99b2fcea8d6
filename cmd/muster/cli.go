package main

import (
	"errors"
	"fmt"

	"github.com/alecthomas/kong"
)

// cli is the command line.
type cli struct {
	Serve   serveCmd   `cmd:"" help:"Serve the API, take in reports and make snapshots."`
	Collect collectCmd `cmd:"" help:"Make a report of this machine, or of a mounted or copied one."`
	Report  reportCmd  `cmd:"" help:"Send reports and SBOMs."`
	Publish publishCmd `cmd:"" help:"Make the next snapshot now."`
	Verify  verifyCmd  `cmd:"" help:"Prove the database and every snapshot that is kept."`
	Repair  repairCmd  `cmd:"" help:"Bring damaged files of snapshots in order."`

	Device deviceCmd `cmd:"" help:"List, show and remove devices."`
	Feed   feedCmd   `cmd:"" help:"Import, fetch and list vulnerability intelligence."`

	Client       clientCmd       `cmd:"" help:"Give applications access, and take it away."`
	Group        groupCmd        `cmd:"" help:"Put devices into RBAC groups by rules."`
	Enroll       enrollCmd       `cmd:"" help:"Let devices in that report for themselves."`
	Organization organizationCmd `cmd:"" help:"Make and list organizations."`
	Key          keyCmd          `cmd:"" help:"Rotate keys that the server signs with."`

	Demo demoCmd `cmd:"" help:"Show the whole program on a folder of its own."`

	Help    helpFlag    `short:"h" help:"Show this help."`
	Version versionFlag `help:"Print the version."`
	Config  configFlag  `placeholder:"FILE" env:"MUSTER_CONFIG" help:"Read settings from a JSON file: an object with the names of flags. A flag or a variable counts more."`
}

// about opens the help of the program.
const about = `What is installed on every device of a fleet, what is wrong with it, and what changed.

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder refused or in use, 4 problems were found, or are left after a repair, 5 input refused, 6 server not reached or busy, 7 in doubt: nothing is published, 130 interrupted.`

// newParser makes the reader of command lines.
func newParser(c *cli, t *terminal) (*kong.Kong, error) {
	return kong.New(c,
		kong.Name("muster"),
		kong.Description(about),
		kong.Writers(t.out, t.err),
		kong.NoDefaultHelp(),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100, NoExpandSubcommands: true}),
	)
}

// errHelp ends a command line that asked for help, or for the version, and got it.
var errHelp = errors.New("help was shown")

// helpFlag shows the help of the command before it.
type helpFlag bool

// BeforeReset shows the help, whatever else the command line lacks.
func (helpFlag) BeforeReset(ctx *kong.Context) error {
	if err := ctx.PrintUsage(false); err != nil {
		return err
	}
	return errHelp
}

// versionFlag prints the version.
type versionFlag bool

// BeforeReset prints the version.
func (versionFlag) BeforeReset(ctx *kong.Context) error {
	fmt.Fprintln(ctx.Stdout, "muster", version)
	return errHelp
}
