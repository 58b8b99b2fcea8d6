package web

import (
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// frame is what all pages have around their content.
type frame struct {
	Title, Sheet, Icon, Token, Who, Scope, Search string
	// Line is below the title: the snapshot.
	Line    string
	Menu    []entry
	Content any
}

// entry is an entry of the menu.
type entry struct {
	Name, Path string
	Here       bool
}

// sections are the entries of the menu, with the permissions of which one is needed, as the calls of the API need them.
func sections() []struct {
	entry
	needs []auth.Permission
} {
	type section = struct {
		entry
		needs []auth.Permission
	}
	findings := []auth.Permission{auth.ReadVulnerabilities, auth.Manage}
	software := append([]auth.Permission{auth.ReadSoftware}, findings...)
	return []section{
		{entry{Name: "Overview", Path: "/"}, software},
		{entry{Name: "Vulnerabilities", Path: "/vulnerabilities"}, findings},
		{entry{Name: "Actions", Path: "/actions"}, findings},
		{entry{Name: "Devices", Path: "/devices"}, findings},
		{entry{Name: "Software", Path: "/software"}, software},
		{entry{Name: "Configuration", Path: "/configuration"}, findings},
		{entry{Name: "Coverage", Path: "/coverage"}, software},
	}
}

// assessment counts devices by how far they were assessed.
type assessment struct {
	Whole, Partly, Not, Unknown int64
	// Reasons are those of Partly and Not.
	Reasons []counts.Covered
}

func assessed(c *counts.Coverage) (a assessment) {
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
func (a assessment) All() int64    { return a.Whole + a.Partly + a.Not + a.Unknown }
func (a assessment) Looked() int64 { return a.Whole + a.Partly }

// Sentence says how many devices were assessed.
func (a assessment) Sentence() string {
	text := fmt.Sprintf("%s of %s assessed", number(a.Looked()), count(a.All(), "device was", "devices were"))
	if a.All() != 1 {
		text = fmt.Sprintf("%s of %s devices were assessed", number(a.Looked()), number(a.All()))
	}
	if a.Partly > 0 {
		text += fmt.Sprintf(", %s of them partly", number(a.Partly))
	}
	if a.Unknown > 0 {
		text += fmt.Sprintf("; of %s an older program did not say", number(a.Unknown))
	}
	return text + "."
}

// Unlooked is the sentence about devices that were not assessed; empty if there are none.
func (a assessment) Unlooked() string {
	if a.Not == 0 {
		return ""
	}
	return " On " + count(a.Not, "device", "devices") + " nothing was looked for, so nothing was found."
}

// snapshotLine says of which snapshot a page is.
func snapshotLine(n int64, at time.Time, devices int64) string {
	return fmt.Sprintf("Snapshot %d · %s · %s", n, instant(at), count(devices, "device", "devices"))
}
