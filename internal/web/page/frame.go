package page

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Frame is what all pages have around their content.
type Frame struct {
	Title, Sheet, Script, Icon, Token, Who, Scope, Search string
	// Browsers: the caller may look at the browsers that are signed in.
	Browsers bool
	// Prefix is before the title in the name of the window: how many rows a filtered list has.
	Prefix string
	// Line is below the title: the snapshot.
	Line string
	// Pin is set if the address names a snapshot of which something is to be said.
	Pin *Pin
	// Done says what a form has done that led here.
	Done    *Line
	Menu    []Entry
	Content any
	// keeping makes links keep to a snapshot; nil: all are of the newest.
	keeping func([]byte) []byte
}

// Entry is an entry of the menu.
type Entry struct {
	Name, Path string
	Here       bool
	// Apart is set apart from the others: it is not about devices, but about this server.
	Apart bool
}

// Pin says of which snapshot a page is, if its address names one: that one, or the newest in place of one that is no
// longer kept.
type Pin struct {
	// Retired is the snapshot that was asked for and is not kept; 0 if the page is of the one that was asked for.
	Retired int64
	// Never: no snapshot has had its number.
	Never bool
	// Shown is the snapshot of the page, Newest is one that is newer; 0 if there is none.
	Shown, Newest int64
	// Now: the page is of no snapshot; Shown is the one that was asked for.
	Now bool
	// Link leads to the page of the newest.
	Link string
}

// ReadsPages is the operation of whoever may read any page about devices.
func ReadsPages() edge.Operation {
	return edge.Needs(nil, auth.ReadSoftware, auth.ReadVulnerabilities, auth.Manage)
}

// sections are the entries of the menu, with the permissions of which one is needed, as the calls of the API need them.
func sections() []struct {
	Entry
	needs edge.Operation
} {
	type section = struct {
		Entry
		needs edge.Operation
	}
	findings := edge.Needs(nil, auth.ReadVulnerabilities, auth.Manage)
	software := ReadsPages()
	return []section{
		{Entry{Name: "Overview", Path: "/"}, software},
		{Entry{Name: "Vulnerabilities", Path: "/vulnerabilities"}, findings},
		{Entry{Name: "Findings", Path: "/findings"}, findings},
		{Entry{Name: "Actions", Path: "/actions"}, findings},
		{Entry{Name: "Devices", Path: "/devices"}, findings},
		{Entry{Name: "Software", Path: "/software"}, software},
		{Entry{Name: "Configuration", Path: "/configuration"}, findings},
		{Entry{Name: "Changes", Path: "/changes"}, findings},
		{Entry{Name: "Coverage", Path: "/coverage"}, software},
		{Entry{Name: "Exceptions", Path: "/exceptions"}, edge.Needs(nil, auth.ReadVulnerabilities, auth.WriteExceptions, auth.Manage)},
		{Entry{Apart: true, Name: "Intelligence", Path: "/intelligence"}, edge.Manages(nil)},
		{Entry{Apart: true, Name: "Notices", Path: "/notices"}, edge.Manages(nil)},
		{Entry{Apart: true, Name: "Exports", Path: "/exports"}, edge.Operation{}},
		{Entry{Apart: true, Name: "Access", Path: "/access"}, edge.Manages(nil)},
		{Entry{Apart: true, Name: "Audit log", Path: "/audit"}, edge.Needs(nil, auth.ReadAudit)},
	}
}

// Assessment counts devices by how far they were assessed.
type Assessment struct {
	Whole, Partly, Not, Unknown int64
	// Reasons are those of Partly and Not.
	Reasons []counts.Covered
}

func Assessed(c *counts.Coverage) (a Assessment) {
	if c == nil {
		return a
	}
	a.Unknown = c.Unknown
	for _, one := range c.Devices {
		switch one.State {
		case coverage.Assessed.String():
			a.Whole += one.Count
			continue
		case coverage.Partly.String():
			a.Partly += one.Count
		default:
			a.Not += one.Count
		}
		a.Reasons = append(a.Reasons, one)
	}
	return a
}

// All counts all devices, Looked those that were assessed at least partly.
func (a Assessment) All() int64    { return a.Whole + a.Partly + a.Not + a.Unknown }
func (a Assessment) Looked() int64 { return a.Whole + a.Partly }

// Sentence says how many devices were assessed.
func (a Assessment) Sentence() string {
	text := fmt.Sprintf("%s of %s assessed", Number(a.Looked()), Count(a.All(), "device was", "devices were"))
	if a.All() != 1 {
		text = fmt.Sprintf("%s of %s devices were assessed", Number(a.Looked()), Number(a.All()))
	}
	if a.Partly > 0 {
		text += ", " + a.Part() + " of them partly"
	}
	if a.Unknown > 0 {
		text += fmt.Sprintf("; of %s an older program did not say", Number(a.Unknown))
	}
	return text + "."
}

// Part is how many of those that were assessed were so partly.
func (a Assessment) Part() string {
	if a.Whole == 0 && a.Partly > 1 {
		return "all"
	}
	return Number(a.Partly)
}

// Unlooked is the sentence about devices that were not assessed, which may have findings of software beside their
// system; empty if there are none.
func (a Assessment) Unlooked() string {
	if a.Not == 0 {
		return ""
	}
	return " On " + Count(a.Not, "device", "devices") +
		" the operating system was not looked at: what it lacks was not found, and findings there are of other software alone."
}

// SnapshotLine says of which snapshot a page is.
func SnapshotLine(n int64, at time.Time, devices int64) string {
	return fmt.Sprintf("Snapshot %d · %s · %s", n, Instant(at), Count(devices, "device", "devices"))
}
