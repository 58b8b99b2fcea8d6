package notices

import (
	"fmt"
	"net/http"
	"strings"

	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/web/page"
)

// lastTold is how many messages the page of a rule shows, shownTitles how many the preview.
const (
	lastTold    = 20
	shownTitles = 101
)

// showRule is GET /notices/rules/{name}.
func showRule(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	r, err := ruleOf(ctx, v)
	if err != nil {
		return err
	}
	groups, err := groupsOf(ctx, v)
	if err != nil {
		return err
	}
	told, err := page.Ask(ctx, v.API, notices.ListHistory(notices.Listing{Rule: r.Name, Limit: lastTold}))
	if err != nil {
		return err
	}
	p := &page.Sheet{About: "Notices", Tabs: tabs(""), Facts: factsOf(r, namesOf(groups)),
		Actions: []page.Entry{{Name: "What it would say now", Path: rulePath(r.Name, "/preview")},
			{Name: "Send a test", Path: rulePath(r.Name, "/test")}, {Name: "Change", Path: rulePath(r.Name, "/change")},
			{Name: "Change the receiver", Path: rulePath(r.Name, "/receiver")}, {Name: "Remove", Path: rulePath(r.Name, "/remove")}}}
	_, p.Alerts = Failing([]notices.Rule{*r})
	last := page.Part{Title: "Last messages", Empty: "It has told nothing within 30 days.",
		Table: page.Table("Last messages", toldColumns(), page.Cells(told.Notices, toldCells))}
	if told.Next != "" {
		last.Pager = []page.Entry{{Name: "All", Path: page.Link("/notices/history", "rule", r.Name)}}
	}
	p.Parts = []page.Part{last}
	return v.Page("sheet", &page.Frame{Title: "Rule " + r.Name, Content: p})
}

// factsOf are what a rule is.
func factsOf(r *notices.Rule, names map[int64]string) [][2]string {
	sent, by := "never", "-"
	if r.Status.SentTime != nil {
		sent = page.Instant(*r.Status.SentTime)
	}
	if r.ChangedBy != "" {
		by = r.ChangedBy
	}
	waits := page.Count(r.Status.Notices["waiting"], "message", "messages")
	if at := r.Status.OldestWaitingTime; at != nil {
		waits += ", the oldest of " + page.Instant(*at)
	}
	if at := r.Status.RetryTime; at != nil {
		waits += "; tried again " + page.Instant(*at)
	}
	return [][2]string{{"State", modeText(modeOf(&r.Rule))}, {"Tells", tellsText(&r.Rule)}, {"Of", ofText(&r.Rule, names)},
		{"One message for", byText(&r.Rule)}, {"When", whenText(&r.Rule)}, {"Receiver", placeText(&r.Destination)},
		{"Secrets that it has", page.First(strings.Join(r.Destination.Secrets, ", "), "none")}, {"Sent last", sent}, {"Waits", waits},
		{"Tells what changes after", fmt.Sprintf("snapshot %d", r.Since)}, {"Changed", page.Instant(r.ChangedTime) + " by " + by}}
}

// toldColumns are the columns of messages.
func toldColumns() []page.Column {
	return page.Columns("Made", "Tells", "Message", "State", "When", "Tries", "Why not")
}

func toldCells(t *notices.Told) []page.Cell {
	at := "due " + page.Instant(t.DueTime)
	if t.EndedTime != nil {
		at = page.Instant(*t.EndedTime)
	}
	return []page.Cell{{Text: page.Instant(t.MadeTime)}, {Text: string(t.Notice.Event)},
		page.Linked(t.Notice.Title, about(&t.Notice)), {Text: toldText(t.State)}, {Text: at}, {Text: page.Number(t.Tries)},
		page.TextCell(page.First(t.Error, "-"))}
}

// showPreview is GET /notices/rules/{name}/preview.
func showPreview(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	r, err := ruleOf(ctx, v)
	if err != nil {
		return err
	}
	told, err := page.Ask(ctx, v.API, notices.PreviewRule(r.Name))
	p := &page.Sheet{About: "Notices", Tabs: tabs(""), Lead: rehearsedText(&told) + " Nothing is sent by looking.",
		Actions: []page.Entry{{Name: "The rule", Path: rulePath(r.Name, "")}}}
	if refused := page.Refused(err); refused != nil && refused.Status == http.StatusNotFound {
		p.Lead, err = "No snapshot was published yet, so there is nothing to tell.", nil
	}
	if err != nil {
		return err
	}
	p.Parts = []page.Part{{Title: "Messages", Empty: "None.", Table: page.Table("Messages", page.Columns("Message", "Tells", "Devices", "Software"),
		page.Cells(told.Notices[:min(len(told.Notices), shownTitles)], previewCells))}}
	return v.Page("sheet", &page.Frame{Title: "What " + r.Name + " would say now", Content: p})
}

// rehearsedText says what a rule would have told.
func rehearsedText(p *notices.Preview) string {
	if p.Silent != "" {
		return fmt.Sprintf("Of snapshot %d it would have told nothing: %s.", p.Snapshot, p.Silent)
	}
	return fmt.Sprintf("From snapshot %d to %d it would have told %s.", p.Previous, p.Snapshot, counted(p.Notices))
}

func previewCells(n *notice.Notice) []page.Cell {
	var software []string
	for _, p := range n.Products {
		software = append(software, page.ProductName(p.Vendor, p.Name))
	}
	text := strings.Join(software, ", ")
	if more := n.ProductCount - len(n.Products); more > 0 {
		text += ", and " + page.Number(int64(more)) + " more"
	}
	return []page.Cell{page.Linked(n.Title, about(n)), {Text: string(n.Event)}, {Text: page.Number(int64(n.DeviceCount))},
		page.TextCell(page.First(text, "-"))}
}
