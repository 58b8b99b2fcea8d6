package agent

import (
	"strings"
	"time"

	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/inventory/collect"
)

// Command collects a machine and can report it to a server: `muster collect`, and all of
// `muster-agent`. The exported fields are its flags.
type Command struct {
	Root      string        `placeholder:"DIR" help:"Collect the Linux machine, or the settings of the Mac, whose root folder is mounted or was copied here."`
	Name      string        `placeholder:"NAME" help:"Name of the device instead of its host name."`
	OS        string        `name:"os" placeholder:"ID:VERSION" help:"Distribution and release instead of those in os-release, such as ubuntu:18.04."`
	TimeLimit time.Duration `default:"5m" help:"How long collecting may take; each source has a quarter of it. What was not read in time is a warning."`
	OptIns
	Output string `short:"o" placeholder:"FILE" help:"Write the report to this file instead of standard output."`
	Pretty bool   `help:"Indent the report, for people."`

	// Server has no variable: nothing must be sent by surprise.
	Server string        `placeholder:"URL" help:"Send the report to this server, as an enrolled device."`
	Enroll string        `placeholder:"SECRET" help:"With --server: the secret of an enrolment, needed the first time only. @FILE reads it from a file; the variable MUSTER_ENROLL_SECRET also works."`
	Every  time.Duration `env:"MUSTER_EVERY" placeholder:"TIME" help:"With --server: keep running and send a report at this interval, such as 4h."`
	State  string        `placeholder:"DIR" env:"MUSTER_STATE" help:"With --server: folder of the device's credential."`
	console.Secrecy
	console.Outgoing
	console.LogFlags

	program string // the name of the command, for help
	version string
	mac     collect.MacReader // may be nil
}

// OptIns are the flags of what is collected on request only.
type OptIns struct {
	Libraries  bool `help:"Also look for libraries: on Windows for OpenSSL inside products, in program folders; on Linux for packages of pip, npm and gem, and inside programs of Go and Rust and archives of Java. It takes longer, and is bounded; the report says what was left out."`
	Extensions bool `help:"Also list extensions of browsers and editors, in the folders of all users. It is bounded; the report says what was left out."`
	UserNames  bool `help:"Keep the names of users in paths. Otherwise * stands in their place."`
}

// Into sets what is asked for.
func (o OptIns) Into(c *collect.Config) {
	c.Libraries, c.Extensions, c.UserNames = o.Libraries, o.Extensions, o.UserNames
}

// NewCommand returns the command with its name as users type it, and the version for its
// reports.
func NewCommand(program, version string) Command {
	return Command{program: program, version: version}
}

// WithMac returns the command with a reader of the disks of Macs, which an agent of another system is too small for.
func (c Command) WithMac(read collect.MacReader) Command {
	c.mac = read
	return c
}

// Help is the long part of the command's help.
func (c Command) Help() string {
	return strings.ReplaceAll(`Writes a report as JSON: identity, installed software and settings. It reads the package managers' databases and does not walk the file system, unless asked for libraries or extensions. Nothing is sent without --server. What cannot be read is a warning and is left out of the report. Nothing on the disk is trusted or executed, nothing is copied to temporary folders, and a broken file costs the report only that one source.

Without --root it collects this machine. Run it as root to see all settings.

With --server the machine reports for itself. The first time it exchanges the secret of an enrolment (muster enroll create) for its own credential, which can only report this device. The credential is kept in --state, by default `+defaultState()+`, and no secret is needed later. With --every it runs until it is stopped: intervals vary by a tenth, a server that does not answer is tried again after increasing waits, and the newest report is kept in the state folder meanwhile. doc/agent.md has units for systemd, launchd and Windows.

Examples:

    PROGRAM --pretty
    PROGRAM | muster report - --server http://127.0.0.1:8800
    PROGRAM --root /mnt/disk --name web1.example.com --output web1.json
    PROGRAM --server https://muster.example.com --enroll @/etc/muster/enroll
    PROGRAM --server https://muster.example.com --every 4h

Exit statuses: 0 collected, and sent, 1 failed, 2 wrong usage, 5 nothing to collect, or the server refuses the device, 6 server not reached or busy.`, "PROGRAM", c.program)
}
