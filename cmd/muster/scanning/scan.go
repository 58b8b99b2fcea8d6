package scanning

import (
	"errors"
	"time"

	"github.com/muster-project/muster/internal/agent"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/scan"
)

// Scan is `muster scan`.
type Scan struct {
	Document string `arg:"" optional:"" placeholder:"FILE" help:"An SBOM (CycloneDX, SPDX, Syft, Trivy), a report, or what osquery, Fleet, Wazuh, Intune or Configuration Manager know of one machine, also compressed by gzip or zip; - is standard input. Default: this machine."`

	Root      string        `placeholder:"DIR" help:"Assess the Linux machine whose root folder is mounted or was copied here."`
	Name      string        `placeholder:"NAME" help:"Name of the machine, in place of its own or of the one that the document names. Default for a folder without one: the name of the folder."`
	OS        string        `name:"os" placeholder:"ID:VERSION" help:"Distribution and release, such as ubuntu:18.04, for a folder without os-release, or an SBOM that does not say it."`
	Arch      string        `name:"os-architecture" placeholder:"NAME" help:"Architecture, such as x64, for a document that does not say it. It selects the packages of an SPDX document for several architectures."`
	TimeLimit time.Duration `default:"5m" help:"How long collecting may take."`
	agent.OptIns

	Feeds   []string `placeholder:"PATH" env:"MUSTER_FEEDS" help:"Feeds to judge by: files as they were downloaded, or folders of such files. Default: those that --refresh fetched."`
	Refresh bool     `help:"First fetch the feeds that the machine needs from their publishers."`
	Cache   string   `placeholder:"DIR" env:"MUSTER_CACHE" help:"Folder for fetched and compiled feeds. Default: muster in the user's cache folder."`

	Checks []string `placeholder:"DIR" env:"MUSTER_CHECKS" help:"Folders of checks of settings, beside those that come with muster; see muster benchmark."`

	FailOn        string  `enum:"never,exploited,critical,high,medium,low,none" default:"never" placeholder:"SEVERITY" help:"End with status 4 if there are findings of this severity or a higher one: low, medium, high, critical; or exploited. Low and medium count findings that nobody rates."`
	MaxUnassessed float64 `default:"5" placeholder:"PERCENT" help:"End with status 8 if more than this percentage of the software was not assessed."`

	Format string `enum:"table,json,sarif,cyclonedx" default:"table" placeholder:"FORMAT" help:"What to print: table for people, json, sarif (SARIF 2.1.0), or cyclonedx (a Vulnerability Disclosure Report, CycloneDX 1.5)."`
	JSON   bool   `name:"json" help:"The same as --format json."`
	All    bool   `help:"Show all findings, and not only the worst."`
	Output string `short:"o" placeholder:"FILE" help:"Write to this file instead of standard output."`

	console.Outgoing

	version string
}

// New returns the command with the program's version, for reports and SARIF.
func New(version string) Scan { return Scan{version: version} }

// Help is the long part of the command's help.
func (Scan) Help() string {
	return `Assesses one machine or document, and prints what is vulnerable, what is out of support, which settings fail, and what was not looked at. It needs no server and no data folder, and sends nothing.

Feeds are compiled once and kept in the cache, so that only the first scan takes long. What is not said to be assessed was not looked at: no findings do not mean that it is sound.

Examples:

    muster scan --refresh
    muster scan --feeds downloads --fail-on high
    muster scan --root /mnt/disk --feeds downloads
    muster scan app.cdx.json --feeds downloads --format sarif -o muster.sarif

Exit statuses: 0 assessed, and no findings at or above --fail-on, 1 failed, 2 wrong usage, 4 findings at or above --fail-on, 5 the document or a feed cannot be read, or there are no feeds, 6 a publisher not reached, 8 there was nothing to assess, or the system, or more than --max-unassessed of the software, was not assessed.`
}

// ErrUnassessed says that too little was assessed for the findings to be believed.
var ErrUnassessed = errors.New("not assessed")

// Meanings are the exit statuses of this package's errors.
func Meanings() []console.Meaning {
	return []console.Meaning{
		{Err: ErrUnassessed, Status: console.StatusUnassessed},
		{Err: scan.ErrDocument, Status: console.StatusInput},
		{Err: scan.ErrNoFeeds, Status: console.StatusInput},
	}
}

// check refuses flags that contradict each other.
func (c *Scan) check() error {
	switch {
	case c.MaxUnassessed < 0 || c.MaxUnassessed > 100:
		return console.Usage("--max-unassessed %v: want a percentage from 0 to 100", c.MaxUnassessed)
	case c.Document != "" && c.Root != "":
		return console.Usage("want a document or --root, not both")
	case c.JSON && c.Format != "table" && c.Format != "json":
		return console.Usage("--json and --format %s contradict each other", c.Format)
	}
	if c.JSON {
		c.Format = "json"
	}
	return nil
}

// subject is what was scanned, as the location of software without a path.
func (c *Scan) subject() string {
	switch {
	case c.Document != "" && c.Document != "-":
		return c.Document
	case c.Root != "":
		return c.Root
	}
	return "."
}
