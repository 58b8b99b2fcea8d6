package answers

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/alecthomas/kong"

	"github.com/muster-project/muster/cmd/muster/connect"
	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/console"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/score"
)

// Changes is `muster changes`. Rows of changes do not say what CISA or FIRST know of a CVE, nor have they tags:
// there are no filters by that.
type Changes struct {
	Since     string `placeholder:"TIME" default:"24h" help:"Changes after this day or time, or in this time, such as 2026-11-23 or 72h. Default: ${default}."`
	CVE       string `name:"cve" placeholder:"CVE" help:"Only this CVE."`
	Severity  string `placeholder:"LEVELS" help:"Only these severities: critical, high, medium, low or none, separated by commas."`
	Exploited bool   `help:"Only CVEs with a known exploit."`
	Fix       string `placeholder:"yes|no" enum:",yes,no" default:"" help:"Only findings that an update removes (yes), or others (no)."`
	Software  string `placeholder:"NAME" help:"Only this software: its name, or vendor/name."`
	Device    string `placeholder:"DEVICE" help:"Only the device with this id or whole name, even if it was removed."`
	Group     string `placeholder:"GROUP" help:"Only rows of this RBAC group, by name or number."`
	Q         string `placeholder:"TEXT" help:"Only what has this text in its CVE or software, in any case."`
	outputFlags
	connect.Flags
}

// Help is the long part of the command's help.
func (Changes) Help() string {
	return `Lists what changed in findings: New, Updated or Fixed, one row for each CVE in a product, with the number of devices. First comes what is exploited, then CVSS, then the number of devices. Of findings that are fixed it says why: on the device, device gone, no longer assessed, moved to another group, or excepted. Changes go back 14 days. muster export vulnerabilities FILE --since TIME has every row.

Examples:

    muster changes --server http://127.0.0.1:8800
    muster changes --since 72h --severity critical,high
    muster changes --device web1.example.com --since 2026-11-20 --csv

Exit statuses: 0 listed, 1 failed, 2 wrong usage, 3 data folder in use, 5 filter refused, not allowed, or no snapshot that old, 6 server not reached, 141 nobody reads the output any more.`
}

// filter is what the command asks for.
func (c *Changes) filter() *control.ListFilter {
	return &control.ListFilter{CVE: c.CVE, Severity: c.Severity, Exploited: c.Exploited, Fix: c.Fix, Software: c.Software,
		Device: c.Device, Group: c.Group, Text: c.Q, Limit: 1000}
}

// Run lists changes.
func (c *Changes) Run(ctx context.Context, k *kong.Context, t *console.Terminal) error {
	since, err := sinceTime(c.Since, time.Now())
	if err != nil {
		return err
	}
	call, err := exportCall(defender.Vulnerabilities.String(), true, false)
	if err != nil {
		return err
	}
	if c.Limit < 0 {
		return console.Usage("--limit is %d, must be a number of rows", c.Limit)
	}
	return c.Work(ctx, k, t, connect.Need{}, func(s *connect.State) error {
		// The server judges the filters, and tells how far devices were assessed.
		of := &control.ListFilter{CVE: c.CVE, Severity: c.Severity, Group: c.Group, Software: c.Software}
		head, err := control.EachListed(ctx, s.Session, control.ListOfFindings, of, 1,
			func(control.Reply[control.FindingRow]) error { return nil })
		if err != nil {
			return fmt.Errorf("listing changes: %w", s.Explain(err))
		}
		shown := t.Begin("reading changes")
		all, err := c.read(ctx, s.Session, call, since)
		shown.End()
		if err != nil {
			return fmt.Errorf("listing changes: %w", s.Explain(err))
		}
		head.Total = int64(len(all))
		return c.print(t, all, &head)
	})
}

// maxChanges is how many changes are counted: each is remembered.
const maxChanges = 2_000_000

// read counts the changes that match, by risk.
func (c *Changes) read(ctx context.Context, s *control.Session, call defender.Call,
	since time.Time) ([]*change, error) {
	type place struct {
		*change
		device string
	}
	found, seen, n := map[changeKey]*change{}, map[place]bool{}, 0
	err := control.EachRow(ctx, s, call, since, func(row json.RawMessage) error {
		var v defender.DeltaAssetVulnerability
		if err := json.Unmarshal(row, &v); err != nil {
			return fmt.Errorf("reading a row: %w", err)
		}
		if v.CVEID == nil || !c.matches(&v) {
			return nil
		}
		if n++; n > maxChanges {
			return fmt.Errorf("more than %d rows match: ask for less, or muster export them", maxChanges)
		}
		k := changeKey{string(v.Status), *v.CVEID, v.SoftwareVendor, v.SoftwareName}
		one := found[k]
		if one == nil {
			one = &change{Status: v.Status, CVEID: *v.CVEID, Vendor: v.SoftwareVendor, Name: v.SoftwareName}
			found[k] = one
		}
		one.add(&v)
		if at := (place{one, v.DeviceID}); !seen[at] {
			seen[at] = true
			one.Devices++
		}
		return nil
	})
	if err == nil {
		err = explain(ctx, s, since, c.filter(), found)
	}
	if err != nil {
		return nil, err
	}
	all := make([]*change, 0, len(found))
	for _, one := range found {
		all = append(all, one)
	}
	slices.SortFunc(all, func(a, b *change) int {
		return cmp.Or(a.risk().Compare(b.risk()), cmp.Compare(b.CVEID, a.CVEID),
			cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Name, b.Name), cmp.Compare(a.Status, b.Status))
	})
	return all, nil
}

// risk is what orders changes, as far as rows say it.
func (one *change) risk() score.Risk {
	return score.Risk{Exploitability: one.Exploitability, CVSS: one.Score, Severity: one.Severity, Devices: one.Devices}
}

// add counts a row; what is known of the CVE is that of the newest row.
func (one *change) add(v *defender.DeltaAssetVulnerability) {
	one.Findings++
	if v.EventTimestamp < one.LastTime {
		return
	}
	one.LastTime, one.Score, one.Exploitability, one.Severity = v.EventTimestamp, v.CVSSScore, v.ExploitabilityLevel, ""
	if v.VulnerabilitySeverityLevel != nil {
		one.Severity = *v.VulnerabilitySeverityLevel
	}
}

// matches reports whether a row is asked for.
func (c *Changes) matches(v *defender.DeltaAssetVulnerability) bool {
	vendor, name, both := strings.Cut(c.Software, "/")
	if !both {
		vendor, name = "", c.Software
	}
	equal := func(wanted, is string) bool { return wanted == "" || strings.EqualFold(wanted, is) }
	has := func(text string) bool { return strings.Contains(strings.ToLower(text), strings.ToLower(c.Q)) }
	switch {
	case !equal(c.CVE, *v.CVEID), !equal(vendor, v.SoftwareVendor), !equal(name, v.SoftwareName),
		!equal(c.Device, v.DeviceID) && !equal(c.Device, v.DeviceName),
		!equal(c.Group, v.RBACGroupName) && c.Group != strconv.FormatInt(v.RBACGroupID, 10),
		c.Exploited && defender.ExploitRank(v.ExploitabilityLevel) == 0,
		c.Fix == "yes" && !updatable(v), c.Fix == "no" && updatable(v),
		c.Severity != "" && !slices.ContainsFunc(strings.Split(c.Severity, ","), func(wanted string) bool {
			return strings.EqualFold(strings.TrimSpace(wanted), severityIn(v))
		}):
		return false
	}
	return has(*v.CVEID) || has(v.SoftwareVendor) || has(v.SoftwareName)
}

// updatable reports whether an update removes the finding of a row.
func updatable(v *defender.DeltaAssetVulnerability) bool {
	return v.SecurityUpdateAvailable || v.RecommendedSecurityUpdate != nil || v.RecommendedSecurityUpdateID != nil ||
		v.RecommendedSecurityUpdateURL != nil
}

// severityIn is the severity of a row; None if it has none.
func severityIn(v *defender.DeltaAssetVulnerability) string {
	if v.VulnerabilitySeverityLevel == nil {
		return "None"
	}
	return *v.VulnerabilitySeverityLevel
}

// print prints the changes, at most as many as are asked for.
func (c *Changes) print(t *console.Terminal, all []*change, head *control.ListHead) error {
	limit := c.Limit
	if limit == 0 && !c.JSON && !c.CSV {
		limit = shownRows
	}
	if limit > 0 {
		all = all[:min(limit, len(all))]
	}
	l := changeList()
	sheet, rows := newSheet(t, l.fields), [][]string{}
	if c.CSV {
		if err := sheet.row(l.fields); err != nil {
			return err
		}
	}
	for _, one := range all {
		switch {
		case c.JSON:
			text, err := json.Marshal(one)
			if err != nil {
				return fmt.Errorf("writing a change: %w", err)
			}
			if _, err := fmt.Fprintf(t.Out, "%s\n", text); err != nil {
				return err
			}
		case c.CSV:
			if err := sheet.row(l.values(one)); err != nil {
				return err
			}
		default:
			rows = append(rows, l.cells(one))
		}
	}
	if c.JSON || c.CSV {
		return nil
	}
	return l.print(t, rows, head)
}

// changeList is how changes are printed.
func changeList() *listing[change] {
	return &listing[change]{what: "changes",
		columns: []console.Column{{Name: "cve"}, {Name: "change"}, {Name: "software", Cut: true, Tail: true, Least: 16}, {Name: "severity"},
			{Name: "cvss", Right: true, Rank: 2}, {Name: "exploit", Rank: 1}, {Name: "devices", Right: true},
			{Name: "why fixed", Rank: 3}, {Name: "last", Rank: 4}},
		cells: func(c *change) []string {
			return []string{c.CVEID, string(c.Status), c.Vendor + "/" + c.Name, severityOf(c.Severity), scoreOf(c.Score),
				exploitOf(c.Exploitability), number(c.Devices), c.Reasons.text(), c.LastTime}
		},
		fields: []string{"status", "cveId", "softwareVendor", "softwareName", "severity", "cvssScore", "exploitabilityLevel",
			"devices", "findings", "lastEventTime", "onDevice", "deviceGone", "notAssessed", "moved", "excepted", "unknown"},
		values: func(c *change) []string {
			return append([]string{string(c.Status), c.CVEID, c.Vendor, c.Name, c.Severity, scoreOf(c.Score), c.Exploitability,
				number(c.Devices), number(c.Findings), c.LastTime}, c.Reasons.values()...)
		},
	}
}
