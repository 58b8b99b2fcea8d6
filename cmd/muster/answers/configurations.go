package answers

import (
	"context"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
)

// Configurations is `muster configurations`.
type Configurations struct {
	ID        string  `arg:"" optional:"" name:"id" help:"Show this check: what it tests, how, the remedy, and which devices fail it."`
	Failing   bool    `help:"Only checks that a device fails."`
	MinImpact float64 `name:"min-impact" placeholder:"IMPACT" help:"Only checks with this impact or a higher one, from 0 to 10."`
	Category  string  `placeholder:"NAME" help:"Only checks of this category or subcategory, such as Network or \"SSH server\"."`
	Platform  string  `placeholder:"NAME" help:"Only checks for devices of this platform, such as Linux or Windows11."`
	Verdict   string  `placeholder:"VERDICT" enum:",nonCompliant,compliant,notApplicable" default:"" help:"With ID: list the devices with this verdict: nonCompliant, which is the default, compliant or notApplicable."`
	deviceFlags
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Configurations) Help() string {
	return `Lists checks of settings with the devices by outcome, in the newest snapshot: those that fail with the most impact first. With the id of a check it shows that: its definition, the remedy and the references, and which devices fail it. A check that says nothing of a device is silent there: muster coverage counts those, and muster device show says why.

Examples:

    muster configurations --failing --server http://127.0.0.1:8800
    muster configurations --failing --min-impact 8 --platform Linux --group Web
    muster configurations --device web1.example.com --json
    muster configurations --category "SSH server" --tag prod --csv
    muster configurations scid-900101
    muster configurations scid-900101 --group Web --json | jq -r .devices[].name

Exit statuses: 0 listed, 1 failed, 3 data folder in use, 5 no such check, filter refused, not allowed, or no snapshot, 6 server not reached, 141 nobody reads the output any more.`
}

// Run lists checks.
func (c *Configurations) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	of, err := c.deviceFlags.filter(nil, time.Now())
	if err != nil {
		return err
	}
	of.Failing, of.MinImpact, of.Verdict = c.Failing, c.MinImpact, c.Verdict
	of.Category, of.Platform = c.Category, c.Platform
	switch {
	case c.ID != "":
		return c.show(ctx, k, t, &of)
	case c.Verdict != "":
		return console.Usage("--verdict goes with the id of a check")
	}
	return checkList().run(ctx, k, t, &c.Flags, c.outputFlags, &of)
}

// show shows one check.
func (c *Configurations) show(ctx context.Context, k *kong.Context, t *console.Terminal, of *control.ListFilter) error {
	if c.CSV || c.Q != "" || c.Failing || c.MinImpact != 0 || c.Category != "" || c.Platform != "" {
		return console.Usage("a check is shown by --device, --group, --tag and --verdict, with --limit or --json, alone")
	}
	if c.Limit < 0 {
		return console.Usage("--limit is %d, must be a number of devices", c.Limit)
	}
	if c.Limit == 0 && !c.JSON {
		c.Limit = shownRows
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		d, err := control.ShowConfiguration(ctx, s.Session, c.ID, of, c.Limit)
		if err != nil {
			return fmt.Errorf("showing check %q: %w", c.ID, s.Explain(err))
		}
		if c.JSON {
			return t.JSON(d)
		}
		return printConfiguration(t, &d)
	})
}

// printConfiguration prints a check, and the devices with a verdict.
func printConfiguration(t *console.Terminal, c *control.ConfigurationDetail) error {
	if err := printParts(t, configurationParts(c)); err != nil {
		return err
	}
	words := map[string]string{control.CheckNonCompliant: "failing", control.CheckCompliant: "passing",
		control.CheckNotApplicable: "not applicable"}[c.Verdict]
	if len(c.Devices) == 0 {
		return nil
	}
	rows := make([][]string, len(c.Devices))
	for i, d := range c.Devices {
		rows[i] = []string{d.Name, d.Group, d.OSPlatform, d.OSVersion, d.ID}
	}
	if err := t.Lines([]string{""}); err != nil {
		return err
	}
	err := t.Fit([]console.Column{{Name: words, Cut: true, Least: 16}, {Name: "group", Cut: true, Least: 8, Rank: 2},
		{Name: "platform", Rank: 3}, {Name: "version", Cut: true, Least: 10, Rank: 4}, {Name: "id", Rank: 1}}, rows)
	if more := c.Total - int64(len(rows)); more > 0 && err == nil {
		err = t.Lines([]string{fmt.Sprintf("%d of %d devices; --limit shows more", len(rows), c.Total)})
	}
	return err
}

// configurationParts returns what is known of a check.
func configurationParts(c *control.ConfigurationDetail) []part {
	all := []part{{"id", c.ID, false}}
	if d := c.Definition; d != nil {
		all = append(all, part{"name", d.Name, false}, part{"category", d.Category + ", " + d.Subcategory, false},
			part{"impact", scoreOf(d.Impact), false}, part{"platforms", strings.Join(d.Platforms, ", "), false},
			part{"facts", strings.Join(d.Facts, ", "), false}, part{"judges", d.Judges, false},
			part{"applies if", oneLine(d.Applies), false}, part{"expected", oneLine(d.Expected), false},
			part{"remedy", d.Remediation, false}, part{"command", d.Command, true},
			part{"see", strings.Join(d.References, "; "), false})
	}
	for _, r := range c.Rows {
		if c.Definition == nil || r.Name != c.Definition.Name {
			all = append(all, part{"in reports", r.Name, false})
		}
		all = append(all, part{"devices", fmt.Sprintf("%d failing, %d passing, %d not applicable", r.NonCompliant, r.Compliant,
			r.NotApplicable), false})
	}
	if len(c.Rows) == 0 {
		all = append(all, part{"devices", "none was judged", false})
	}
	return all
}

// checkList is how checks are printed.
func checkList() *listing[control.ConfigurationRow] {
	return &listing[control.ConfigurationRow]{name: control.ListOfConfigurations, what: "checks",
		columns: []console.Column{{Name: "check", Cut: true, Least: 40}, {Name: "impact", Right: true, Rank: 1},
			{Name: "failing", Right: true}, {Name: "passing", Right: true}, {Name: "not applicable", Right: true, Rank: 2},
			{Name: "category", Rank: 4, Cut: true, Least: 10}, {Name: "id", Rank: 3}},
		cells: func(c *control.ConfigurationRow) []string {
			return []string{c.Name, scoreOf(c.Impact), number(c.NonCompliant), number(c.Compliant), number(c.NotApplicable),
				c.Category, c.ID}
		},
		fields: []string{"configurationId", "configurationName", "configurationCategory", "configurationSubcategory",
			"configurationImpact", "nonCompliantDevices", "compliantDevices", "notApplicableDevices"},
		values: func(c *control.ConfigurationRow) []string {
			return []string{c.ID, c.Name, c.Category, c.Subcategory, strconv.FormatFloat(c.Impact, 'g', -1, 64),
				number(c.NonCompliant), number(c.Compliant), number(c.NotApplicable)}
		},
	}
}
