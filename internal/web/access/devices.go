package access

import (
	"cmp"
	"context"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/web/page"
)

// devicePath is the address of the page on which a device is managed.
func devicePath(id string) string { return "/access/devices/" + url.PathEscape(id) }

// shownDevices is how many devices a page has.
const shownDevices = 50

// showDevices is GET /access/devices.
func showDevices(v *page.Visit) error {
	if err := v.Takes("name", "claims", "after"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	q := v.URL.Query()
	name, claims := strings.TrimSpace(q.Get("name")), q.Get("claims")
	all, err := page.Ask(ctx, v.API, supervise.ListDevices(supervise.DeviceFilter{After: q.Get("after"), Name: name,
		Claims: claims == "true", Limit: shownDevices}))
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Access", Tabs: tabs("/access/devices"), Lead: "A device that reports for itself keeps the name and the platform of its first report. What it says " +
		"of itself later is a claim, which does not count until a manager accepts it.",
		Fields: []page.Field{{Name: "name", Label: "Name", Value: name}, {Name: "claims", Label: "Claims", Value: claims,
			Choices: []page.Choice{{Value: "", Label: "any", Chosen: claims == ""}, {Value: "true", Label: "claims something", Chosen: claims == "true"}}}}}
	devices := page.Part{Title: "Devices", Empty: "No device matches.", Note: "In the order of ids. Devices that were not seen for long are hidden by the server; " +
		"several are not removed at once.",
		Table: page.Table("Devices", page.Columns("Device", "Group", "Seen", "Claims", "Collector"), page.Cells(all.Devices, deviceCells))}
	if q.Get("after") != "" {
		devices.Pager = append(devices.Pager, page.Entry{Name: "First", Path: page.Link("/access/devices", "name", name, "claims", claims)})
	}
	if all.Next != "" {
		devices.Pager = append(devices.Pager, page.Entry{Name: "Next",
			Path: page.Link("/access/devices", "name", name, "claims", claims, "after", all.Next)})
	}
	p.Parts = []page.Part{devices}
	return v.Page("sheet", &page.Frame{Title: "Devices by hand", Content: p})
}

func deviceCells(d *control.Device) []page.Cell {
	var made []string
	for _, c := range d.Collectors {
		made = append(made, strings.TrimSpace(c.Name+" "+c.Version))
	}
	group := d.RBACGroupName
	if d.Hidden {
		group = "hidden"
	}
	return []page.Cell{page.Linked(cmp.Or(d.Name, d.ID), devicePath(d.ID)), page.TextCell(cmp.Or(group, "-")),
		page.TextCell(page.Instant(d.LastSeen)), page.TextCell(cmp.Or(claimText(d.Claims), "-")),
		page.TextCell(cmp.Or(strings.Join(made, ", "), "-"))}
}

// claimText says what a device claims; empty if it claims nothing.
func claimText(c *control.Claims) string {
	if c == nil {
		return ""
	}
	var all []string
	if c.Name != "" {
		all = append(all, "name "+c.Name)
	}
	if c.OSPlatform != "" {
		all = append(all, "platform "+c.OSPlatform)
	}
	if c.Tags != nil {
		all = append(all, "tags "+tagText(c.Tags))
	}
	return strings.Join(all, "; ")
}

// tagText writes tags.
func tagText(tags []string) string { return cmp.Or(strings.Join(tags, ", "), "none") }

// deviceOf returns the device of a path.
func deviceOf(ctx context.Context, v *page.Visit) (control.DeviceReport, error) {
	return page.Ask(ctx, v.API, control.ShowDevice(v.PathValue("id")))
}

// showDevice is GET /access/devices/{id}.
func showDevice(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	d, err := deviceOf(ctx, v)
	if err != nil {
		return err
	}
	at := devicePath(d.ID)
	p := &page.Sheet{About: "Access", Tabs: tabs(""), Facts: [][2]string{{"Id", d.ID}, {"Name", d.Name}, {"Platform", cmp.Or(d.OSPlatform, "-")},
		{"Tags", tagText(d.Tags)}, {"Group", cmp.Or(d.RBACGroupName, "-")}, {"First seen", page.Instant(d.FirstSeen)},
		{"Last seen", page.Instant(d.LastSeen)}, {"Findings in the newest snapshot", findingsText(&d.Device)}},
		Actions: []page.Entry{{Name: "Its findings and software", Path: "/devices/" + url.PathEscape(d.ID)}}}
	if d.Hidden {
		p.Facts = append(p.Facts, [2]string{"Hidden", "it was silent for too long, and is in no snapshot"})
	}
	if d.AdmittedUntil != nil {
		p.Facts = append(p.Facts, [2]string{"May enrol until", page.Instant(*d.AdmittedUntil)})
	}
	if d.Claims != nil {
		p.Lead = "This device claims something that no manager has accepted. It does not count until then."
		p.Actions = append(p.Actions, page.Entry{Name: "Accept what it claims", Path: at + "/accept"})
	}
	p.Actions = append(p.Actions, page.Entry{Name: "Revoke its credential", Path: at + "/revoke"},
		page.Entry{Name: "Let it enrol", Path: at + "/admit"}, page.Entry{Name: "Remove", Path: at + "/remove"})
	p.Parts = []page.Part{{Title: "What it claims", Empty: "Nothing.", Table: page.Table("Claims", page.Columns("What", "Counts", "Claimed"), claimRows(&d.Device))},
		{Title: "Who reports of it", Empty: "No report names its program.", Table: page.Table("Collectors", page.Columns("Source", "Program", "Version"),
			page.Cells(d.Collectors, func(c *control.DeviceCollector) []page.Cell {
				return []page.Cell{page.TextCell(cmp.Or(c.Source, "-")), page.TextCell(c.Name), page.TextCell(c.Version)}
			}))}}
	return v.Page("sheet", &page.Frame{Title: cmp.Or(d.Name, d.ID), Content: p})
}

// claimRows compares what a device claims with what counts.
func claimRows(d *control.Device) (rows [][]page.Cell) {
	c := d.Claims
	if c == nil {
		return nil
	}
	row := func(what, counts, claimed string) {
		rows = append(rows, []page.Cell{page.TextCell(what), page.TextCell(cmp.Or(counts, "-")), page.TextCell(claimed)})
	}
	if c.Name != "" {
		row("Name", d.Name, c.Name)
	}
	if c.OSPlatform != "" {
		row("Platform", d.OSPlatform, c.OSPlatform)
	}
	if c.Tags != nil {
		row("Tags", tagText(d.Tags), tagText(c.Tags))
	}
	return rows
}

// findingsText counts the findings of a device.
func findingsText(d *control.Device) string {
	if d.Findings == nil {
		return "it is in no snapshot"
	}
	return page.Number(d.Findings.Sum())
}
