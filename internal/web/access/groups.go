package access

import (
	"context"
	"encoding/json"
	"strconv"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/web/page"
)

// ruled are groups with their rules.
type ruled struct {
	groups []control.Group
	control.GroupRules
}

// askGroups asks for the groups and their rules.
func askGroups(ctx context.Context, v *page.Visit) (r ruled, err error) {
	told, err := page.Ask(ctx, v.API, control.ListGroups())
	if err == nil {
		r.groups = told.Groups
		err = json.Unmarshal(told.Rules, &r.GroupRules)
	}
	return r, err
}

// showGroups is GET /access/groups.
func showGroups(v *page.Visit) error {
	if err := v.Takes("page", "rules"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	r, err := askGroups(ctx, v)
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Access", Tabs: tabs("/access/groups"), Lead: "A device is in the group of the first rule that it meets, else in the one that its reports name, " +
		"if it is listed. Devices move with the next snapshot.",
		Actions: []page.Entry{{Name: "Add a group", Path: "/access/groups/add"}, {Name: "Add a rule", Path: "/access/rules/add"},
			{Name: "All rules as JSON", Path: "/access/rules/edit"}}}
	listed, gone := r.listed()
	note := "Devices are those of the newest snapshot."
	if gone > 0 {
		note += " " + page.Count(gone, "group that was", "groups that were") + " removed, with nothing in it, is not shown."
	}
	groups := page.Part{Title: "Groups", Note: note, Empty: "There is no group."}
	if listed, err = page.PageOf(v, "page", listed, &groups); err != nil {
		return err
	}
	groups.Table = page.Table("Groups", []page.Column{{Name: "Group"}, {Name: "Devices", Number: true},
		{Name: "Rules", Number: true}, {Name: "Clients that see it", Number: true}, {Name: "Note"}, {Name: "Rename"},
		{Name: "Remove"}}, page.Cells(listed, r.cells))
	rules := page.Part{Title: "Rules", Note: "The first rule whose conditions a device meets decides.", Empty: "There is no rule."}
	rows, err := page.PageOf(v, "rules", ruleRows(r.Rules), &rules)
	if err != nil {
		return err
	}
	rules.Table = page.Table("Rules", page.Columns("Rule", "Group", "Device", "Name", "Tag", "Platform", "Remove"), rows)
	p.Parts = []page.Part{groups, rules}
	return v.Page("sheet", &page.Frame{Title: "Groups", Content: p})
}

// listed are the groups without those that were removed and are empty, and how many those are.
func (r *ruled) listed() (all []control.Group, gone int64) {
	for _, g := range r.groups {
		if !g.Current && g.Devices == 0 && g.Clients == 0 {
			gone++
			continue
		}
		all = append(all, g)
	}
	return all, gone
}

func (r *ruled) cells(g *control.Group) []page.Cell {
	rules := int64(0)
	for _, one := range r.Rules {
		if rbac.IsNamed(g.ID, g.Name, one.Group) {
			rules++
		}
	}
	cells := []page.Cell{page.TextCell(g.Name), page.NumberCell(g.Devices, page.Link("/devices", "group", g.Name)),
		page.NumberCell(rules, ""), page.NumberCell(g.Clients, "")}
	at := "/access/groups/" + strconv.FormatInt(g.ID, 10)
	switch {
	case g.ID == 0:
		return append(cells, page.TextCell("devices in no group"), page.Cell{}, page.Cell{})
	case !g.Current:
		return append(cells, page.TextCell("no rule names it"), page.Cell{}, page.Cell{})
	}
	return append(cells, page.Cell{}, page.Linked("Rename", at+"/rename"), page.Linked("Remove", at+"/remove"))
}

func ruleRows(rules []rbac.Rule) (rows [][]page.Cell) {
	for i, r := range rules {
		number := strconv.Itoa(i + 1)
		rows = append(rows, []page.Cell{page.TextCell(number), page.TextCell(r.Group), page.TextCell(r.Device),
			page.TextCell(r.Name),
			page.TextCell(r.Tag), page.TextCell(r.Platform), page.Linked("Remove", "/access/rules/"+number+"/remove")})
	}
	return rows
}
