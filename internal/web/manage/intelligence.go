package manage

import (
	"context"
	"net/http"
	"net/url"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// intelligencePage is what the page of feeds shows.
type intelligencePage struct {
	Feeds, Missing           page.TableView
	Refused                  []refusedRecords
	Catalog, Build, Failure  string
	Unnamed                  []string
	MoreUnnamed              int
	Removed                  []string
	Administers, HasMissing  bool
	RefreshAll, RefreshAsked string
	Titles                   string
}

// refusedRecords are records of a feed that could not be used.
type refusedRecords struct {
	Feed  string
	Count int64
	First []counts.Rejection
}

// shownRejections is how many records of a feed are shown that could not be used.
const shownRejections = 20

// feedColumns are the columns of feeds.
func feedColumns() *page.List {
	return &page.List{Columns: []page.Column{{Name: "Feed"}, {Name: "Newest record"}, {Name: "Age", Number: true}, {Name: "Too old from"},
		{Name: "Records", Number: true}, {Name: "Left out", Number: true}, {Name: "Checked"}, {Name: "Failure"}, {Name: "Refresh"}}}
}

// showIntelligence is GET /intelligence.
func showIntelligence(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	all, err := page.Ask(ctx, v.API, control.ListFeeds(true))
	if err != nil {
		return err
	}
	p := &intelligencePage{Administers: v.Admitted(edge.Administers(nil)) == nil, Titles: "/intelligence/titles",
		RefreshAll: "/intelligence/refresh", RefreshAsked: "/intelligence/refresh?suggested=yes"}
	p.Feeds = feedColumns().Table(nil, page.Cells(all.Feeds, func(f *control.Feed) []page.Cell {
		return feedCells(f, v.Now(), p.Administers)
	}), "Feeds")
	for i := range all.Feeds {
		if f := &all.Feeds[i]; f.Rejected > 0 {
			p.Refused = append(p.Refused, refusedRecords{f.Kind + " " + f.Name, f.Rejected,
				f.Rejections[:min(shownRejections, len(f.Rejections))]})
		}
	}
	for _, r := range all.Removed {
		p.Removed = append(p.Removed, r.Kind+" "+r.Name+", "+page.Instant(r.RemovedTime))
	}
	if err := p.built(&all); err != nil {
		return err
	}
	return suggested(ctx, v, p)
}

// feedCells are the cells of a feed.
func feedCells(f *control.Feed, now time.Time, administers bool) []page.Cell {
	age, old := "unknown", "-"
	if f.AsOfTime != nil {
		age = page.Number(int64(now.Sub(*f.AsOfTime)/(24*time.Hour))) + " d"
	}
	if f.OldTime != nil {
		old = page.Day(f.OldTime)
		if !now.Before(*f.OldTime) {
			old += ": too old"
		}
	}
	failure := "-"
	if f.Failure != "" {
		failure = page.Count(f.Failures, "refresh failed: ", "refreshes in a row failed: ") + f.Failure
	}
	checked := "-"
	if f.CheckedTime != nil {
		checked = page.Instant(*f.CheckedTime)
	}
	refresh := page.Cell{Text: "-"}
	if administers {
		refresh = page.Linked("Refresh", page.Link("/intelligence/refresh", "kind", f.Kind, "name", f.Name))
	}
	return []page.Cell{page.TextCell(f.Kind + " " + f.Name), {Text: page.Day(f.AsOfTime)}, {Text: age}, {Text: old},
		{Text: page.Number(f.Records)}, {Text: page.Number(f.Rejected)}, {Text: checked}, page.TextCell(failure), refresh}
}

// built says what the catalog is, and how the newest build of it went.
func (p *intelligencePage) built(all *control.FeedList) error {
	p.Catalog = "No catalog was built yet, so nothing can be assessed."
	if c := all.Catalog; c != nil {
		sum, err := c.Summary.Decode()
		if err != nil {
			return err
		}
		p.Catalog = page.Count(int64(sum.CVEs), "CVE", "CVEs") + ", " + page.Count(int64(sum.Products), "product", "products") + " and " +
			page.Count(int64(sum.Packages), "package", "packages") + ", built " + page.Instant(c.BuiltTime) + "."
		p.Unnamed, p.MoreUnnamed = sum.UnnamedProducts, sum.Unnamed-len(sum.UnnamedProducts)
	}
	if b := all.Build; b != nil {
		p.Build, p.Failure = "Build "+page.Number(b.Number)+" is "+b.State+", asked for "+page.Instant(b.AskedTime)+".", b.Failure
	}
	return nil
}

// suggested adds the feeds that the fleet needs, and sends the page.
func suggested(ctx context.Context, v *page.Visit, p *intelligencePage) error {
	wants, err := page.Ask(ctx, v.API, control.SuggestFeeds())
	if e := page.Refused(err); err != nil && (e == nil || e.Status >= http.StatusInternalServerError) {
		return err
	}
	l := page.List{Columns: []page.Column{{Name: "Feed"}, {Name: "State"}, {Name: "Devices", Number: true}, {Name: "Address"}}}
	p.Missing = l.Table(nil, page.Cells(wants.Feeds, func(f *control.SuggestedFeed) []page.Cell {
		return []page.Cell{page.TextCell(f.Kind + " " + f.Name), page.TextCell(f.State), {Text: page.Number(f.Devices)},
			{Text: f.URL, Code: true}}
	}), "Feeds that the fleet needs")
	p.HasMissing = len(wants.Feeds) > 0
	return v.Page("intelligence", &page.Frame{Title: "Intelligence", Content: p})
}

// refreshForm fetches a feed, those that the fleet needs, or all.
func refreshForm() *page.Form {
	return &page.Form{Path: "/intelligence/refresh", For: edge.Administers(nil), Plan: planRefreshing, Do: refresh}
}

// planRefreshing says what is fetched, and from where.
func planRefreshing(ctx context.Context, v *page.Visit, values url.Values) (p page.Plan, err error) {
	kind, name := values.Get("kind"), values.Get("name")
	p = page.Plan{Title: "Refresh feeds", Verb: "Refresh", Back: "/intelligence",
		Lead: "The server fetches what the publishers have, which may take minutes, and builds a catalog of it.",
		Inputs: []page.Input{{Name: "kind", Kind: "hidden", Value: kind}, {Name: "name", Kind: "hidden", Value: name},
			{Name: "suggested", Kind: "hidden", Value: values.Get("suggested")}}}
	if values.Get("suggested") != "" {
		wants, err := page.Ask(ctx, v.API, control.SuggestFeeds())
		for _, f := range wants.Feeds {
			p.Will = append(p.Will, "Fetch "+f.Kind+" "+f.Name+" from "+f.URL+", for "+page.Count(f.Devices, "device", "devices")+".")
		}
		if len(wants.Feeds) == 0 {
			p.Problem = "The fleet needs no feed that is missing, a part, or old."
		}
		return p, err
	}
	all, err := page.Ask(ctx, v.API, control.ListFeeds(false))
	if err != nil {
		return p, err
	}
	for _, f := range all.Feeds {
		if kind == "" || f.Kind == kind && f.Name == name {
			p.Will = append(p.Will, "Fetch "+f.Kind+" "+f.Name+" from "+page.First(f.URL, "its publisher")+".")
		}
	}
	if p.Will == nil {
		p.Problem = "There is no such feed."
	}
	return p, nil
}

// refresh fetches the feeds, and says how each went.
func refresh(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	asked := control.RefreshFeeds(values.Get("kind"), values.Get("name"), false)
	if values.Get("suggested") != "" {
		asked = control.RefreshSuggested(false)
	}
	reply, err := page.Ask(ctx, v.API, asked)
	if err != nil {
		return page.Done{}, err
	}
	done := page.Done{To: "/intelligence"}
	for _, f := range reply.Feeds {
		text := page.Count(f.Records, "record", "records")
		switch {
		case f.Error != "":
			text = "failed: " + f.Error
		case f.Unchanged:
			text = "nothing new"
		}
		done.Told += f.Kind + " " + f.Name + ": " + text + ". "
	}
	return done, nil
}
