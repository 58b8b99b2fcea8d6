package notices

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/web/page"
)

// tabs are the pages of notices.
func tabs(here string) []page.Entry {
	all := []page.Entry{{Name: "Rules", Path: home}, {Name: "History", Path: "/notices/history"}}
	for i := range all {
		all[i].Here = all[i].Path == here
	}
	return all
}

// kindNames are the kinds of receivers, for people.
func kindNames() [][2]string {
	return [][2]string{{string(notice.Webhook), "webhook"}, {string(notice.Mail), "mail"}, {string(notice.Syslog), "syslog"}}
}

// Failing says of each receiver that fails since when and why, what waits, and what was given up; nothing if all is
// well.
func Failing(all []notices.Rule) (names, told []string) {
	for i := range all {
		r := &all[i]
		text := ""
		if s := &r.Status; s.State == "failing" {
			text = "fails"
			if s.FailingTime != nil {
				text += " since " + page.Instant(*s.FailingTime)
			}
			text += fmt.Sprintf(" (%s): %s. %s.", page.Count(s.Failures, "try", "tries"), s.Error,
				page.Count(s.Notices["waiting"], "message waits", "messages wait"))
		}
		if n := r.Status.Notices["failed"]; n > 0 {
			if text != "" {
				text += " "
			}
			text += page.Count(n, "message was", "messages were") + " given up within 30 days."
		}
		if text != "" {
			names, told = append(names, r.Name), append(told, r.Name+" "+text)
		}
	}
	return names, told
}

// showRules is GET /notices.
func showRules(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, err := page.Ask(ctx, v.API, notices.ListRules())
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Notices", Tabs: tabs(home), Lead: page.Count(int64(len(all.Rules)), "rule says", "rules say") +
		" who is told what changed after a snapshot."}
	if len(all.Rules) == 0 {
		p.Lead = "Nobody is told what changes: there is no rule."
	}
	_, p.Alerts = Failing(all.Rules)
	if late, err := lateText(ctx, v, &all); err != nil {
		return err
	} else if late != "" {
		p.Alerts = append(p.Alerts, late)
	}
	for _, k := range kindNames() {
		p.Actions = append(p.Actions, page.Entry{Name: "Add a rule: " + k[1], Path: page.Link("/notices/add", "kind", k[0])})
	}
	p.Parts = []page.Part{{Title: "Rules", Empty: "There is no rule.", Note: "Counts of messages are those of the last 30 days.",
		Table: page.Table("Rules", []page.Column{{Name: "Rule"}, {Name: "State"}, {Name: "Tells"}, {Name: "Receiver"}, {Name: "Sent last"},
			{Name: "Sent", Number: true}, {Name: "Waits", Number: true}, {Name: "Given up", Number: true}},
			page.Cells(all.Rules, ruleCells))}}
	return v.Page("sheet", &page.Frame{Title: "Notices", Content: p})
}

// lateText says that notices of the newest snapshot are not made yet; empty if they are.
func lateText(ctx context.Context, v *page.Visit, all *notices.Rules) (string, error) {
	if len(all.Rules) == 0 {
		return "", nil
	}
	known, err := v.Coverage(ctx)
	if refused := page.Refused(err); refused != nil {
		return "", nil // no snapshot was published yet
	}
	if err != nil || known.Number <= all.Snapshot {
		return "", err
	}
	return fmt.Sprintf("Of snapshot %d messages are not made yet: they are made to snapshot %d. That takes seconds; if this stays, the server's log says why.",
		known.Number, all.Snapshot), nil
}

func ruleCells(r *notices.Rule) []page.Cell {
	sent := "never"
	if r.Status.SentTime != nil {
		sent = page.Instant(*r.Status.SentTime)
	}
	count := func(state string) page.Cell {
		return page.NumberCell(r.Status.Notices[state], page.Link("/notices/history", "rule", r.Name, "state", state))
	}
	return []page.Cell{page.Linked(r.Name, rulePath(r.Name, "")), {Text: stateText(&r.Status)}, {Text: eventNames(r.Events)},
		page.TextCell(placeText(&r.Destination)), {Text: sent}, count("sent"), count("waiting"), count("failed")}
}

// ruleOf is the rule of a path.
func ruleOf(ctx context.Context, v *page.Visit) (*notices.Rule, error) {
	all, err := page.Ask(ctx, v.API, notices.ListRules())
	if err != nil {
		return nil, err
	}
	for i := range all.Rules {
		if all.Rules[i].Name == v.PathValue("name") {
			return &all.Rules[i], nil
		}
	}
	return nil, edge.NotFound("no rule %q", edge.Clip(v.PathValue("name")))
}

// groupsOf are the groups of the organization.
func groupsOf(ctx context.Context, v *page.Visit) ([]control.Group, error) {
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	return all.Groups, err
}
