package access

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// sessionsPath is the address of the page of browsers that are signed in.
const sessionsPath = "/access/sessions"

// sessionForms are the forms that sign browsers out.
func sessionForms() []*page.Form {
	return []*page.Form{
		{Path: sessionsPath + "/end", For: edge.Manages(nil), Plan: planSigningOut, Do: signOut},
		{Path: sessionsPath + "/{id}/end", For: page.ReadsPages(), Plan: planEndingSession, Do: endSession},
	}
}

// showSessions is GET /access/sessions.
func showSessions(v *page.Visit) error {
	if err := v.Takes("caller", "page"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	caller := strings.TrimSpace(v.URL.Query().Get("caller"))
	whose := supervise.SessionFilter{All: v.Manages() && caller == "", Caller: caller}
	all, err := page.Ask(ctx, v.API, supervise.ListSessions(whose))
	if err != nil {
		return err
	}
	title, p := "Your browsers", &page.Sheet{About: "Access", Lead: "You are signed in with " + page.Count(int64(len(all.Sessions)), "browser", "browsers") + "."}
	if v.Manages() {
		title, p.Tabs = "Browsers", tabs(sessionsPath)
		p.Lead = page.Count(int64(len(all.Sessions)), "browser is", "browsers are") + " signed in. A session ends after an hour without a " +
			"request, and after twelve hours."
		p.Fields = []page.Field{{Name: "caller", Label: "Id of a client or person", Value: caller}}
		if len(all.Sessions) > 0 {
			p.Actions = []page.Entry{{Name: "Sign them out", Path: page.Link(sessionsPath+"/end", "caller", caller)}}
		}
	}
	listed := page.Part{Title: "Sessions, the one used last first", Empty: "Nobody is signed in."}
	shown, err := page.PageOf(v, "page", all.Sessions, &listed)
	if err != nil {
		return err
	}
	listed.Table = page.Table("Sessions",
		page.Columns("Who", "Signed in by", "May", "Since", "Last request", "Ends at latest", "Subject", "End"),
		page.Cells(shown, func(one *supervise.BrowserSession) []page.Cell { return sessionCells(v, one) }))
	p.Parts = []page.Part{listed}
	return v.Page("sheet", &page.Frame{Title: title, Content: p})
}

func sessionCells(v *page.Visit, one *supervise.BrowserSession) []page.Cell {
	who := page.TextCell(one.Name)
	if v.Manages() {
		who = page.Linked(cmp.Or(strings.TrimSpace(one.Name), one.CallerID), page.Link(sessionsPath, "caller", one.CallerID))
	}
	if one.ID == v.SessionID() {
		who.Badges = []string{"this browser"}
	}
	return []page.Cell{who, page.TextCell(cmp.Or(one.Issuer, "a link of its client")),
		page.TextCell(cmp.Or(strings.Join(one.Permissions, ", "), "nothing any more")), page.TextCell(page.Instant(one.BegunTime)),
		page.TextCell(page.Instant(one.UsedTime)), page.TextCell(page.Instant(one.ExpiresTime)),
		page.TextCell(cmp.Or(one.Subject, "-")), page.Linked("End", sessionsPath+"/"+url.PathEscape(one.ID)+"/end")}
}

// planSigningOut is about the browsers of everybody, or of a client or person.
func planSigningOut(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	caller := strings.TrimSpace(values.Get("caller"))
	all, err := page.Ask(ctx, v.API, supervise.ListSessions(supervise.SessionFilter{All: caller == "", Caller: caller}))
	if err != nil {
		return page.Plan{}, err
	}
	p := page.Plan{Title: "Sign browsers out", Verb: "Sign everybody out", Grave: true, Back: sessionsPath,
		Inputs: []page.Input{{Name: "caller", Kind: "hidden", Value: caller}}}
	browsers := page.Count(int64(len(all.Sessions)), "browser", "browsers")
	if caller == "" {
		p.Will = []string{"Every browser of this organization is signed out at once, this one as well: " + browsers + ".",
			"Links to sign in that were not used yet end. Clients keep their secrets and tokens."}
		return p, nil
	}
	p.Verb = "Sign the browsers out"
	name := caller
	if len(all.Sessions) > 0 {
		name = all.Sessions[0].Name
	}
	p.Will = []string{fmt.Sprintf("The browsers of %q are signed out at once: %s.", name, browsers), again}
	return p, nil
}

// again says what ending a session does not do.
const again = "Whoever may sign in can do so again: a person is kept out by \"denied\" in the file of sign-in, a client by removing it."

func signOut(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	caller := strings.TrimSpace(values.Get("caller"))
	ended, err := page.Ask(ctx, v.API, supervise.EndSessions(supervise.SessionFilter{All: caller == "", Caller: caller}))
	return page.Done{Told: page.Count(ended.Ended, "browser was", "browsers were") + " signed out.", To: sessionsPath}, err
}

// planEndingSession is about one browser.
func planEndingSession(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	all, err := page.Ask(ctx, v.API, supervise.ListSessions(supervise.SessionFilter{All: v.Manages()}))
	if err != nil {
		return page.Plan{}, err
	}
	for _, one := range all.Sessions {
		if one.ID != v.PathValue("id") {
			continue
		}
		p := page.Plan{Title: "Sign a browser out", Verb: "Sign it out", Back: sessionsPath,
			Will: []string{fmt.Sprintf("The browser that %q signed in at %s is signed out at once.", one.Name, page.Instant(one.BegunTime)), again}}
		if one.ID == v.SessionID() {
			p.Will[0] += " It is this one."
		}
		return p, nil
	}
	return page.Plan{}, edge.NotFound("no session %q: it has ended already, or there never was one", edge.Clip(v.PathValue("id")))
}

func endSession(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	_, err := page.Ask(ctx, v.API, supervise.EndSession(v.PathValue("id")))
	return page.Done{Told: "The browser was signed out.", To: sessionsPath}, err
}
