package exception

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// Exception is `muster exception`.
type Exception struct {
	Add    addCmd    `cmd:"" help:"Hide or mark a finding, with a reason and for a time."`
	List   listCmd   `cmd:"" help:"List exceptions."`
	Remove removeCmd `cmd:"" help:"Remove exceptions. Their findings are New in the next snapshot."`
	Import importCmd `cmd:"" help:"Import a VEX document or a file of exceptions."`
}

// exits ends the help of each command.
const exits = `

Exit statuses: 0 done, 1 failed, 2 wrong usage, 3 data folder in use, 5 refused (the message says what), 6 server not reached.`

// addCmd is `muster exception add`.
type addCmd struct {
	CVE     string `arg:"" name:"cve" help:"The CVE, or an advisory without one (GHSA-…)."`
	Reason  string `required:"" placeholder:"TEXT" help:"Why the finding is accepted."`
	PURL    string `name:"purl" placeholder:"PURL" help:"Only in this package, by its package URL: pkg:deb/debian/curl@7.88.1-10. Without a version: in all versions."`
	Vendor  string `placeholder:"NAME" help:"Only in software of this vendor, as rows show it."`
	Name    string `placeholder:"NAME" help:"Only in this software, as rows show it."`
	Version string `name:"software-version" placeholder:"VERSION" help:"Only in this version, as rows show it."`
	Device  string `placeholder:"DEVICE" help:"Only on this device: its id or name."`
	Group   string `placeholder:"GROUP" help:"Only in this RBAC group: its name or number."`
	Until   string `placeholder:"TIME" help:"Until when: a day (2027-03-31, with that day) or a time (2027-03-31T12:00:00Z). The finding is New after it. Default: no end."`
	From    string `placeholder:"TIME" help:"From when. Default: from the next snapshot."`
	By      string `placeholder:"WHO" help:"Who accepts the risk."`
	Mark    bool   `help:"Keep the finding and mark it: cveMitigationStatus is UnderException."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (addCmd) Help() string {
	return `The finding is hidden from the next snapshot on: its rows become Fixed, and it is counted as excepted. A client that sees some RBAC groups excepts in those groups alone, and needs Exceptions.Write.All.

Examples:

    muster exception add CVE-2024-6387 --device web1.example.com --until 2027-03-31 --reason "SSH is filtered" --by "Ann Lee" --data muster-data
    muster exception add CVE-2023-4863 --vendor google --name chrome --group Kiosks --mark --reason "replaced in spring" --server http://127.0.0.1:8800` + exits
}

// Run adds an exception.
func (c *addCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	wanted := control.NewException{CVE: c.CVE, PURL: c.PURL, Vendor: c.Vendor, Name: c.Name, Version: c.Version,
		Device: c.Device, Group: c.Group, Reason: c.Reason, By: c.By, From: c.From, Until: c.Until}
	if c.Mark {
		wanted.Action = "mark"
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		reply, err := connect.Ask(ctx, s, control.AddException(wanted), "adding an exception for %q", c.CVE)
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(e control.Exception) error {
			fmt.Fprintf(t.Out, "added %s\n", e.ID)
			return nil
		})
	})
}

// listCmd is `muster exception list`.
type listCmd struct {
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (listCmd) Help() string {
	return `Lists the exceptions that you see, newest first, also those that wait for their time or have expired. muster findings --excepted lists what they hide.

Examples:

    muster exception list --data muster-data
    muster exception list --json --server http://127.0.0.1:8800 | jq -r '.exceptions[] | select(.state == "expired").id'` + exits
}

// Run lists exceptions, in JSON page by page.
func (c *listCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		var rows [][]string
		for after := ""; ; {
			page, err := connect.Ask(ctx, s, control.ListExceptions(after), "listing exceptions")
			if err != nil {
				return err
			}
			if c.JSON {
				if err := t.JSON(page.JSON); err != nil {
					return err
				}
			}
			for i := range page.Value.Exceptions {
				e := &page.Value.Exceptions[i]
				rows = append(rows, []string{e.ID[:min(8, len(e.ID))], e.State, e.CVEID, productOf(e), placeOf(e), e.Action,
					untilOf(e.UntilTime), e.Reason})
			}
			if after = page.Value.Next; after == "" {
				break
			}
		}
		if c.JSON {
			return nil
		}
		return t.Table([]string{"exception", "state", "cve", "software", "where", "action", "until", "reason"}, rows)
	})
}

func productOf(e *control.Exception) string {
	if e.PURL != "" {
		return e.PURL
	}
	return strings.Trim(strings.Join([]string{e.Vendor, e.Name, e.Version}, " "), " ")
}

func placeOf(e *control.Exception) string {
	return strings.Trim(strings.Join([]string{e.DeviceID, e.GroupName}, " "), " ")
}

func untilOf(at *time.Time) string {
	if at == nil {
		return ""
	}
	return console.Instant(*at)
}

// removeCmd is `muster exception remove`.
type removeCmd struct {
	Exceptions []string `arg:"" name:"exception" help:"Ids of exceptions, or their beginnings."`
	connect.Flags
}

// Help is the long part of the command's help.
func (removeCmd) Help() string {
	return `What a VEX document states comes back when the document is imported again.

Examples:

    muster exception remove 3fd0c6a1 --data muster-data` + exits
}

// Run removes exceptions, and stops at the first one that is not found.
func (c *removeCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		return s.ForEach(ctx, t, connect.Errand{Doing: "removing exception", Done: "removed",
			Find: control.FindException, Request: control.RemoveException}, c.Exceptions)
	})
}

// importCmd is `muster exception import`.
type importCmd struct {
	Files  []string `arg:"" name:"file" help:"Documents; - is standard input."`
	Device string   `placeholder:"DEVICE" help:"The documents are about what is on this device: its id or name."`
	Group  string   `placeholder:"GROUP" help:"The documents are about what is in this RBAC group: its name or number."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (importCmd) Help() string {
	return `Imports OpenVEX, CycloneDX with an analysis of vulnerabilities, CSAF, or a file of exceptions. "not_affected" and "fixed" hide findings in exactly the product that is named; "affected" and "under_investigation" do not, and overrule older statements. A newer version of a document replaces what the one before stated. What is left out is told: for example parts of another product, unless --device or --group says which devices have it.

A file of exceptions is JSON or CSV, with cve, purl, vendor, name, version, device, group, action (hide or mark), reason, by, from and until:

    {"exceptions": [{"cve": "CVE-2024-6387", "device": "web1.example.com", "reason": "SSH is filtered", "until": "2027-03-31"}]}

    cve,group,action,reason,until
    CVE-2023-4863,Kiosks,mark,replaced in spring,2027-03-31

Examples:

    muster exception import vendor.openvex.json --data muster-data
    muster exception import app.cdx.json --group Web --server http://127.0.0.1:8800
    muster exception import exceptions.csv --json --server http://127.0.0.1:8800` + exits
}

// Run imports documents one after the other, and stops at the first that is refused.
func (c *importCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		for _, name := range c.Files {
			open, err := connect.Opener(t, name)
			if err != nil {
				return err
			}
			reply, err := connect.Ask(ctx, s, control.ImportExceptions(open, c.Device, c.Group), "importing %q", name)
			if err != nil {
				return err
			}
			err = connect.Show(t, c.JSON, reply, func(d control.ImportedExceptions) error { return tell(t, name, &d) })
			if err != nil {
				return err
			}
		}
		return nil
	})
}

// tell tells what was imported.
func tell(t *console.Terminal, name string, d *control.ImportedExceptions) error {
	_, err := fmt.Fprintf(t.Out, "%s: %d added, %d kept, %d removed\n", plain.Inline(name), d.Added, d.Kept, d.Removed)
	for _, reason := range d.Skipped {
		t.Warn("%s: left out %s", plain.Inline(name), plain.Inline(reason))
	}
	return err
}
