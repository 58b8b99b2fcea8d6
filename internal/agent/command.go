package agent

import (
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
)

// Command collects a machine, and reports it where it is told to: `muster collect`,
// and all of `muster-agent`. The exported fields are its flags.
type Command struct {
	Root      string        `placeholder:"DIR" help:"Collect the Linux machine whose / is mounted or was copied here."`
	Name      string        `placeholder:"NAME" help:"Name of the device, in place of its host name."`
	OS        string        `name:"os" placeholder:"ID:VERSION" help:"Distribution and release, in place of os-release, such as ubuntu:18.04."`
	TimeLimit time.Duration `default:"5m" help:"How long collecting may take, and a source of it a quarter of that. What was not read by then is a warning."`
	Output    string        `short:"o" placeholder:"FILE" help:"Write the report here, in place of standard output."`
	Pretty    bool          `help:"Write the report over several lines, for people."`

	// Server has no variable: nothing is to be sent by surprise.
	Server string        `placeholder:"URL" help:"Send the report to this server, as an enrolled device."`
	Enroll string        `placeholder:"SECRET" help:"With --server: the secret of an enrolment, for the first time; or @FILE, or the variable MUSTER_ENROLL_SECRET."`
	Every  time.Duration `env:"MUSTER_EVERY" placeholder:"TIME" help:"With --server: go on, and send a report each time, such as 4h."`
	State  string        `placeholder:"DIR" env:"MUSTER_STATE" help:"With --server: where the device's credential is kept."`
	console.Secrecy
	console.Outgoing
	console.LogFlags

	program string // as people call it
	version string
}

// NewCommand returns the command as a program's users call it, with the version that
// its reports name.
func NewCommand(program, version string) Command {
	return Command{program: program, version: version}
}

// Help is the long part of the command's help.
func (c Command) Help() string {
	return strings.ReplaceAll(`Writes a report as JSON: identity, installed software and settings. It reads the package managers' databases and never walks the file system. Nothing is sent unless --server says so. What could not be read is a warning, and absent from the report. Nothing on the disk is trusted or executed, nothing is copied to temporary folders, and whatever is wrong with a file costs the report that one source.

Without --root it is this machine. As root it sees all settings.

With --server the machine reports for itself. The first time it trades the secret of an enrolment (muster enroll create) for a credential of its own, which can write the reports of this one device; it is kept in --state, by default `+defaultState()+`, and no secret is needed later. --every goes on until it is stopped: times vary by a tenth, a server that is away is tried again after longer and longer waits, and the newest report waits in the state's folder meanwhile. doc/agent.md has units for systemd, launchd and Windows.

Examples:

    PROGRAM --pretty
    PROGRAM | muster report - --server http://127.0.0.1:8800
    PROGRAM --root /mnt/disk --name web1.example.com --output web1.json
    PROGRAM --server https://muster.example.com --enroll @/etc/muster/enroll
    PROGRAM --server https://muster.example.com --every 4h

Exit statuses: 0 collected, and sent, 1 failed, 2 wrong usage, 5 nothing to collect there, or the server refuses the device, 6 server not reached or busy.`, "PROGRAM", c.program)
}
