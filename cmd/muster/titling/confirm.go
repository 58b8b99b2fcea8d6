package titling

import (
	"context"
	"fmt"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/plain"
)

// confirmCmd is `muster title confirm`.
type confirmCmd struct {
	Vendor  string `arg:"" help:"Maker of the software, as muster title unknown shows it; \"\" if it shows none."`
	Name    string `arg:"" help:"Name of the software, as muster title unknown shows it."`
	Product string `arg:"" help:"Vendor and product as CPE names have them, such as acme:rocket_builder, or none."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (confirmCmd) Help() string {
	return `Makes a title an alias of this installation, and builds a new catalog: the next snapshot assesses the software as the product, on all devices of all organizations. With none it is of no product that CVE records could name, and no longer listed as unknown. A title that was confirmed before is replaced; aliases.txt of the data folder takes precedence. The audit log has who confirmed what.

The candidates of muster title unknown have words in common with the title, nothing more: a wrong product finds wrong vulnerabilities and hides others.

Examples:

    muster title confirm acme 'rocket builder' acme:rocket_builder --data muster-data
    muster title confirm acme 'rocket themes' none --server http://127.0.0.1:8800

Exit statuses: 0 confirmed, 1 failed, 2 wrong usage, 3 data folder in use, 5 not allowed, or refused, 6 server not reached.`
}

// Run confirms a title.
func (c *confirmCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{Make: true}, func(s *connect.State) error {
		shown := t.Begin("building the catalog")
		asked := control.TitleRequest{Vendor: c.Vendor, Name: c.Name, Product: c.Product}
		reply, err := connect.Ask(ctx, s, control.ConfirmTitle(asked), "confirming the title %q", c.Name)
		shown.End()
		if err != nil {
			return err
		}
		if v := reply.Value; !v.Known && v.Product != control.NoProduct {
			t.Warn("no feed has a record that names %s: nothing will be found for it", plain.Inline(v.Product))
		}
		return connect.Show(t, c.JSON, reply, func(v control.ConfirmedTitle) error { return tell(t, "confirmed", v) })
	})
}

// tell prints what was done to a title.
func tell(t *console.Terminal, done string, v control.ConfirmedTitle) error {
	_, err := fmt.Fprintf(t.Out, "%s %s of %s: %s\n", done, plain.Inline(v.Name), orUnnamed(v.Vendor), plain.Inline(v.Product))
	return err
}

// orUnnamed names a maker, if there is one.
func orUnnamed(vendor string) string {
	if vendor == "" {
		return "no maker"
	}
	return plain.Inline(vendor)
}

// removeCmd is `muster title remove`.
type removeCmd struct {
	Vendor string `arg:"" help:"Maker of the software, as muster title list shows it; \"\" if it shows none."`
	Name   string `arg:"" help:"Name of the software, as muster title list shows it."`
	connect.ReplyFlags
}

// Help is the long part of the command's help.
func (removeCmd) Help() string {
	return `Removes a title that was confirmed, and builds a new catalog without it: the next snapshot reports the findings that rested on it as fixed.

Examples:

    muster title remove acme 'rocket builder' --data muster-data

Exit statuses: 0 removed, 1 failed, 2 wrong usage, 3 data folder in use, 5 no such title, or not allowed, 6 server not reached.`
}

// Run removes a title.
func (c *removeCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		shown := t.Begin("building the catalog")
		reply, err := connect.Ask(ctx, s, control.RemoveTitle(c.Vendor, c.Name), "removing the title %q", c.Name)
		shown.End()
		if err != nil {
			return err
		}
		return connect.Show(t, c.JSON, reply, func(v control.ConfirmedTitle) error { return tell(t, "removed", v) })
	})
}

// listCmd is `muster title list`.
type listCmd struct{ connect.ReplyFlags }

// Help is the long part of the command's help.
func (listCmd) Help() string {
	return `Lists the titles that were confirmed on this installation, with the product, who confirmed it, and when. A product that no record of a feed names is marked: nothing is found for it.

Examples:

    muster title list --data muster-data
    muster title list --json --server http://127.0.0.1:8800

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 6 server not reached.`
}

// Run lists the confirmed titles.
func (c *listCmd) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	return connect.List(ctx, k, t, &c.ReplyFlags, control.ListTitles(), "listing titles", func(list control.TitleList) error {
		var rows [][]string
		for _, v := range list.Titles {
			note := ""
			if !v.Known && v.Product != control.NoProduct {
				note = "no record names it"
			}
			rows = append(rows, []string{plain.Inline(v.Vendor), plain.Inline(v.Name), plain.Inline(v.Product),
				plain.Inline(v.ConfirmedBy), console.Instant(v.ConfirmedTime), note})
		}
		return t.Table([]string{"vendor", "name", "product", "by", "confirmed", ""}, rows)
	})
}
