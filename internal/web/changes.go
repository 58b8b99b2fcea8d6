package web

import (
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/listed"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/web/page"
)

// comparison is the list of what changed between two snapshots.
func comparison() *page.List {
	return &page.List{Name: "changes", Title: "Changes", One: "change", More: "changes",
		Fields: []string{"from", "snapshot", "dataset", "status", "reason", "q", "severity", "kev", "exploited", "group", "cve", "software",
			"device", "fix", "min-epss", "due-before"},
		Call: listed.Changes,
		Columns: []page.Column{{Name: "What", Whole: true}, {Name: "Change"}, {Name: "Why"}, {Name: "Of"},
			{Name: "Severity", Whole: true}, {Name: "Device", Whole: true},
			{Name: "Group"}, {Name: "Snapshot", Number: true}, {Name: "Time", Whole: true}},
		Ask: askChanges}
}

// askChanges asks for a page of changes. A snapshot from which is compared is that of a day before unless the address
// names one.
func askChanges(ctx context.Context, s *control.Session, f *control.ListFilter,
	values url.Values) (page.Listing, error) {
	var from int64
	if text := values.Get("from"); text != "" {
		var err error
		if from, err = page.SnapshotNumber("from", text); err != nil {
			return page.Listing{}, err
		}
	}
	got, err := page.Take(ctx, s, listed.Between(from, values.Get("dataset"), values.Get("status"), f))
	if err != nil {
		return page.Listing{}, err
	}
	l := page.Listing{Head: got.ListHead, Rows: page.Cells(got.Rows, changeCells), Lead: changesLead(&got)}
	switch {
	case got.Unknown != "":
		l.Nothing = "There are no rows: nobody knows what changed."
	case got.Changes[got.Dataset] == (counts.Changes{}):
		l.Nothing = "Nothing of this kind changed."
	}
	if got.Unknown == "" && got.From != nil {
		l.Summary = changesSummary(&got)
	}
	return l, nil
}

// changesLead says what is compared, and how the findings add up.
func changesLead(c *listed.ChangeRows) (all []string) {
	switch {
	case c.From == nil:
		return []string{"There is no earlier snapshot: nothing to compare with."}
	case c.Unknown != "":
		return []string{fmt.Sprintf("Since snapshot %d, %s: what changed is not known, because all was made anew between them. "+
			"Findings were %s, and are %s.", c.From.Number, page.Instant(c.From.GeneratedTime), page.Number(c.From.Findings),
			page.Number(c.To.Findings))}
	}
	of := c.Changes[listed.OfVulnerabilities]
	fixed := page.Number(of.Fixed) + " fixed"
	if c.Fixed != nil {
		fixed = fixedText(c.Fixed)
	}
	before := page.Count(c.From.Findings, "finding", "findings")
	if steps := c.To.Number - c.From.Number; steps > 1 {
		all = append(all, fmt.Sprintf("Snapshot %d, %s, had %s. In the %d snapshots since, %s became new and %s; that makes %s. "+
			"What came and went in between counts in both.", c.From.Number, page.Instant(c.From.GeneratedTime), before, steps,
			page.Number(of.New), fixed, page.Number(c.To.Findings)))
	} else {
		all = append(all, fmt.Sprintf("Since snapshot %d, %s: of %s, %s are new and %s; that makes %s.", c.From.Number,
			page.Instant(c.From.GeneratedTime), before, page.Number(of.New), fixed, page.Number(c.To.Findings)))
	}
	if len(c.Retired) > 0 {
		var numbers []string
		for _, n := range c.Retired {
			numbers = append(numbers, strconv.FormatInt(n, 10))
		}
		all = append(all, "Changes of these snapshots are counted, but their rows are no longer kept: "+
			strings.Join(numbers, ", ")+".")
	}
	return all
}

// changesSummary counts the changes of each dataset. Counts lead to their rows, if all of these are kept.
func changesSummary(c *listed.ChangeRows) page.TableView {
	table := &page.List{Columns: []page.Column{{Name: "Changes of"}, {Name: "New", Number: true}, {Name: "Fixed", Number: true},
		{Name: "Changed otherwise", Number: true}}}
	var rows [][]page.Cell
	for _, one := range []struct{ dataset, name string }{{listed.OfVulnerabilities, "findings"}, {listed.OfSoftware, "software"},
		{listed.OfConfigurations, "settings"}, {listed.OfNoProductCode, "software without a product code"}} {
		of := c.Changes[one.dataset]
		cell := func(status string, n int64) page.Cell {
			if n == 0 || len(c.Retired) > 0 {
				return page.Cell{Text: page.Number(n)}
			}
			dataset := one.dataset
			if dataset == listed.OfVulnerabilities {
				dataset = ""
			}
			return page.Cell{Text: page.Number(n), Link: page.Link("/changes", "from", strconv.FormatInt(c.From.Number, 10),
				"snapshot", strconv.FormatInt(c.To.Number, 10), "dataset", dataset, "status", status)}
		}
		rows = append(rows, []page.Cell{{Text: one.name}, cell("new", of.New), cell("fixed", of.Fixed),
			cell("updated", of.Updated)})
		if one.dataset == listed.OfVulnerabilities {
			rows = append(rows, fixedRows(c)...)
		}
	}
	return table.Table(nil, rows, "What changed")
}

// fixedRows count the findings that are fixed by the reason. The rows of a snapshot that an older program made have
// none, so the counts of it lead to no rows.
func fixedRows(c *listed.ChangeRows) (rows [][]page.Cell) {
	if c.Fixed == nil {
		return nil
	}
	for _, r := range c.Fixed.Reasons() {
		n := page.Cell{Text: page.Number(r.Count)}
		if len(c.Retired) == 0 && !c.Unexplained {
			n.Link = page.Link("/changes", "from", strconv.FormatInt(c.From.Number, 10), "snapshot",
				strconv.FormatInt(c.To.Number, 10), "reason", r.Reason.String())
		}
		rows = append(rows, []page.Cell{{Text: "· fixed: " + r.Reason.Text()}, {Text: "-"}, n, {Text: "-"}})
	}
	return rows
}

// changeCells are those of a change.
func changeCells(r *listed.ChangeRow) []page.Cell {
	what, of := changed(r)
	severity := page.Cell{Text: "-"}
	if r.CVEID != "" {
		severity = page.Cell{Text: page.SeverityOf(r.Severity).Word, Severity: r.Severity}
	}
	return []page.Cell{what, {Text: statusText(r.Status)}, {Text: reasonText(r)}, of, severity,
		page.Linked(page.First(r.DeviceName, r.DeviceID), "/devices/"+url.PathEscape(r.DeviceID)),
		page.TextCell(page.First(r.Group, "-")), {Text: strconv.FormatInt(r.Number, 10)}, {Text: page.Instant(r.EventTime)}}
}

// changed says what changed, and of what. A product that is gone from a device may be gone from all: it has no link.
func changed(r *listed.ChangeRow) (what, of page.Cell) {
	product := page.TextCell(page.ProductName(r.Vendor, r.Name))
	if r.Status != string(defender.Fixed) {
		product.Link = page.ProductPath(r.Vendor, r.Name)
	}
	switch {
	case r.CVEID != "":
		what = page.Linked(r.CVEID, "/vulnerabilities/"+url.PathEscape(r.CVEID))
		if r.KEV {
			what.Badges = append(what.Badges, kevBadge)
		}
		product.Text = strings.TrimSpace(product.Text + " " + page.TextCell(r.Version).Text)
		return what, product
	case r.ConfigurationID != "":
		return page.Linked(page.First(r.ConfigurationName, r.ConfigurationID), "/configuration/"+url.PathEscape(r.ConfigurationID)),
			page.Cell{Text: complianceText(r)}
	}
	return product, page.Cell{Text: page.First(page.TextCell(r.Version).Text, "-"), Code: true}
}

// statusText is the status of a row in words.
func statusText(status string) string {
	switch status {
	case string(defender.New):
		return "new"
	case string(defender.Fixed):
		return "fixed"
	}
	return "changed"
}

// reasonText says why a finding is fixed; a dash of other rows.
func reasonText(r *listed.ChangeRow) string {
	if r.CVEID == "" || r.Status != string(defender.Fixed) {
		return "-"
	}
	reason, _ := why.Parse(r.Reason) // else it is not known
	return reason.Text()
}

// complianceText says how a check of settings came out, and how before.
func complianceText(r *listed.ChangeRow) string {
	word := func(complies bool) string {
		if complies {
			return "complies"
		}
		return "fails"
	}
	switch {
	case r.Applicable != nil && !*r.Applicable:
		return "does not apply"
	case r.Compliant == nil:
		return "-"
	case r.WasCompliant != nil && *r.WasCompliant != *r.Compliant:
		return word(*r.Compliant) + ", before: " + word(*r.WasCompliant)
	}
	return word(*r.Compliant)
}
