package notices

import (
	"slices"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/web/page"
)

// historyRows is how many messages a page of the history has.
const historyRows = 100

// showHistory is GET /notices/history.
func showHistory(v *page.Visit) error {
	if err := v.Takes("rule", "state", "after"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	text := v.URL.Query().Get
	l := notices.Listing{Rule: text("rule"), State: text("state"), After: text("after"), Limit: historyRows}
	told, err := page.Ask(ctx, v.API, notices.ListHistory(l))
	if err != nil {
		return err
	}
	rules, err := page.Ask(ctx, v.API, notices.ListRules())
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Notices", Tabs: tabs("/notices/history"),
		Lead:   "Messages of the last 30 days, the newest first. What waits stays until it is sent or given up.",
		Fields: []page.Field{{Name: "rule", Label: "Rule", Choices: ruleChoices(&rules, l.Rule)}, {Name: "state", Label: "State"}}}
	states := append([][2]string{{"", "any"}}, toldStates()...)
	for _, s := range states {
		p.Fields[1].Choices = append(p.Fields[1].Choices, page.Choice{Value: s[0], Label: s[1], Chosen: s[0] == l.State})
	}
	columns := append([]page.Column{{Name: "Rule"}}, toldColumns()...)
	part := page.Part{Title: "Messages", Empty: "There is none.", Table: page.Table("Messages", columns,
		page.Cells(told.Notices, func(t *notices.Told) []page.Cell {
			rule := page.TextCell(t.Rule) // it may be gone
			if slices.ContainsFunc(rules.Rules, func(r notices.Rule) bool { return r.Name == t.Rule }) {
				rule = page.Linked(t.Rule, rulePath(t.Rule, ""))
			}
			return append([]page.Cell{rule}, toldCells(t)...)
		}))}
	if l.After != "" {
		part.Pager = append(part.Pager, page.Entry{Name: "First", Path: page.Link("/notices/history", "rule", l.Rule, "state", l.State)})
	}
	if told.Next != "" {
		part.Pager = append(part.Pager, page.Entry{Name: "Next",
			Path: page.Link("/notices/history", "rule", l.Rule, "state", l.State, "after", told.Next)})
	}
	p.Parts = []page.Part{part}
	return v.Page("sheet", &page.Frame{Title: "What was told", Content: p})
}

// ruleChoices are the rules, and the one that is asked for, which may be gone.
func ruleChoices(all *notices.Rules, asked string) []page.Choice {
	choices := []page.Choice{{Label: "all", Chosen: asked == ""}}
	found := asked == ""
	for i := range all.Rules {
		name := all.Rules[i].Name
		found = found || name == asked
		choices = append(choices, page.Choice{Value: name, Label: name, Chosen: name == asked})
	}
	if !found {
		choices = append(choices, page.Choice{Value: asked, Label: asked, Chosen: true})
	}
	return choices
}
