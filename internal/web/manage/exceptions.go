package manage

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// readsExceptions and writesExceptions say who may see exceptions, and make and end them, as the API does.
func readsExceptions() edge.Operation {
	return edge.Needs(nil, auth.ReadVulnerabilities, auth.WriteExceptions, auth.Manage)
}

func writesExceptions() edge.Operation { return edge.Needs(nil, auth.WriteExceptions, auth.Manage) }

// ExceptionLink is the address of the form that makes an exception, filled in; "" for who may not.
func ExceptionLink(v *page.Visit, pairs ...string) string {
	if v.Admitted(writesExceptions()) != nil {
		return ""
	}
	return page.Link("/exceptions/add", pairs...)
}

// exceptionsPage is what the page of all exceptions shows.
type exceptionsPage struct {
	Hidden, Add, Next string
	Table             page.TableView
}

// exceptionColumns are the columns of exceptions.
func exceptionColumns() *page.List {
	return &page.List{Columns: []page.Column{{Name: "CVE"}, {Name: "Software"}, {Name: "Where"}, {Name: "Does"},
		{Name: "State"}, {Name: "Ends"}, {Name: "Reason"}, {Name: "Accepted by"}, {Name: "What it hides"}}}
}

// showExceptions is GET /exceptions.
func showExceptions(v *page.Visit) error {
	if err := v.Takes("after"); err != nil {
		return err
	}
	after := v.URL.Query().Get("after")
	ctx, cancel := v.Within()
	defer cancel()
	all, err := page.Ask(ctx, v.API, control.ListExceptions(after))
	if err != nil {
		return err
	}
	p := &exceptionsPage{Add: ExceptionLink(v)}
	if v.MayFindings() {
		if p.Hidden, err = hiddenNow(ctx, v); err != nil {
			return err
		}
	}
	if all.Next != "" {
		p.Next = page.Link("/exceptions", "after", all.Next)
	}
	nameDevices(ctx, v, all.Exceptions)
	p.Table = exceptionColumns().Table(nil, page.Cells(all.Exceptions, exceptionCells), "Exceptions")
	return v.Page("exceptions", &page.Frame{Title: "Exceptions", Content: p})
}

// hiddenNow says how many findings the newest snapshot hides.
func hiddenNow(ctx context.Context, v *page.Visit) (string, error) {
	one, err := page.Ask(ctx, v.API, excepted(url.Values{"limit": {"1"}}))
	if e := page.Refused(err); e != nil && e.Status == http.StatusNotFound {
		return "No snapshot was published yet.", nil
	}
	return page.Count(one.Excepted, "finding is", "findings are") + " hidden in snapshot " +
		strconv.FormatInt(one.Number, 10) + ", of your groups.", err
}

// excepted asks for a page of what exceptions hide or mark.
func excepted(query url.Values) control.Request[control.ExceptedRows] {
	return control.Request[control.ExceptedRows]{Call: control.Call{Method: http.MethodGet,
		Path: "/v1/exceptions/findings", Query: query}}
}

// exceptionCells are the cells of an exception.
func exceptionCells(e *control.Exception) []page.Cell {
	return []page.Cell{page.Linked(e.CVEID, "/vulnerabilities/"+url.PathEscape(e.CVEID)), page.TextCell(productOf(e)),
		page.TextCell(placeOf(e)), {Text: does(e)}, {Text: states()[e.State]}, {Text: endsOf(e)}, page.TextCell(e.Reason),
		page.TextCell(page.First(e.By, e.AddedBy)), page.Linked("Show", exceptionPath(e.ID))}
}

func exceptionPath(id string) string { return "/exceptions/" + url.PathEscape(id) }

// states are the states of exceptions for people.
func states() map[string]string {
	return map[string]string{"waiting": "waits for its begin", "inForce": "in force", "expired": "has ended"}
}

func does(e *control.Exception) string {
	return map[string]string{"hide": "hides", "mark": "marks"}[e.Action]
}

// productOf is the software of an exception.
func productOf(e *control.Exception) string {
	return page.First(e.PURL, strings.TrimSpace(page.ProductName(e.Vendor, e.Name)+" "+e.Version), "all")
}

// nameDevices puts the names of devices in place of their ids, where the caller may see them: the pages show
// exceptions, and ask nothing by these ids.
func nameDevices(ctx context.Context, v *page.Visit, all []control.Exception) {
	names := map[string]string{}
	for i := range all {
		id := all[i].DeviceID
		if id == "" {
			continue
		}
		if _, known := names[id]; !known {
			names[id] = id
			if got, err := page.Ask(ctx, v.API, control.ShowDevice(id)); err == nil && got.Name != "" {
				names[id] = got.Name
			}
		}
		all[i].DeviceID = names[id]
	}
}

// placeOf says on which devices an exception holds.
func placeOf(e *control.Exception) string {
	var all []string
	if e.DeviceID != "" {
		all = append(all, "device "+e.DeviceID)
	}
	if e.GroupID != nil {
		all = append(all, "group "+page.First(e.GroupName, strconv.FormatInt(*e.GroupID, 10)))
	}
	return page.First(strings.Join(all, ", "), "all devices")
}

// endsOf says when an exception ends.
func endsOf(e *control.Exception) string {
	if e.UntilTime == nil {
		return "no end"
	}
	if at := e.UntilTime.UTC(); at.Equal(at.Truncate(24 * time.Hour)) { // with the day before, as forms say it
		return "with " + at.Add(-time.Second).Format(time.DateOnly) + " (UTC)"
	}
	return page.Instant(*e.UntilTime)
}

// exceptionOf finds an exception by its id. Of one that the caller does not see it says what it says of one that does
// not exist.
func exceptionOf(ctx context.Context, v *page.Visit) (control.Exception, error) {
	id := v.PathValue("id")
	for after := ""; ; {
		all, err := page.Ask(ctx, v.API, control.ListExceptions(after))
		if err != nil {
			return control.Exception{}, err
		}
		for i := range all.Exceptions {
			if all.Exceptions[i].ID == id {
				nameDevices(ctx, v, all.Exceptions[i:i+1])
				return all.Exceptions[i], nil
			}
		}
		if after = all.Next; after == "" {
			return control.Exception{}, edge.NotFound("no exception %q: it was ended already, or there never was one", edge.Clip(id))
		}
	}
}

// reach is what an exception hides or marks in the newest snapshot.
type reach struct {
	rows              []control.ExceptedRow
	findings, devices int64
	snapshot          int64
	made              time.Time // the snapshot
	// more: there are more, which were not looked for.
	more bool
}

const (
	// maxReach is how many pages are asked for what an exception hides, shownRows how many rows are shown.
	maxReach  = 50
	shownRows = 100
)

// reachOf asks what an exception hides or marks.
func reachOf(ctx context.Context, v *page.Visit, e *control.Exception) (found reach, err error) {
	query := url.Values{"exception": {e.ID}, "limit": {"10000"}}
	if e.GroupID != nil {
		query.Set("group", strconv.FormatInt(*e.GroupID, 10))
	}
	devices := map[string]bool{}
	for range maxReach {
		one, err := page.Ask(ctx, v.API, excepted(query))
		if refused := page.Refused(err); refused != nil && refused.Status == http.StatusNotFound {
			return found, nil // no snapshot was published yet
		}
		if err != nil {
			return found, err
		}
		found.snapshot, found.made = one.Number, one.GeneratedTime
		for i := range one.Rows {
			found.findings++
			devices[one.Rows[i].DeviceID] = true
		}
		if left := shownRows - len(found.rows); left > 0 {
			found.rows = append(found.rows, one.Rows[:min(left, len(one.Rows))]...)
		}
		found.devices, found.more = int64(len(devices)), one.Next != ""
		if !found.more {
			break
		}
		query.Set("after", one.Next)
	}
	return found, nil
}

// sentence counts what was found.
func (r *reach) sentence() string {
	text := page.Count(r.findings, "finding", "findings") + " on " + page.Count(r.devices, "device", "devices")
	if r.more {
		return "at least " + text
	}
	return text
}

// exceptionPage is what the page of an exception shows.
type exceptionPage struct {
	Lines          [][2]string
	CVE, End       string
	Sentence, Left string
	Table          page.TableView
}

// showException is GET /exceptions/{id}.
func showException(v *page.Visit) error {
	if err := v.Takes(); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	e, err := exceptionOf(ctx, v)
	if err != nil {
		return err
	}
	p := &exceptionPage{CVE: "/vulnerabilities/" + url.PathEscape(e.CVEID), Lines: [][2]string{{"Software", productOf(&e)},
		{"Where", placeOf(&e)}, {"State", states()[e.State]}, {"Ends", endsOf(&e)}, {"Reason", e.Reason},
		{"Accepted by", page.First(e.By, e.AddedBy, "-")}, {"Added by", page.First(e.AddedBy, "-") + ", " + page.Instant(e.CreatedTime)},
		{"Document", page.First(e.Source, "-")}}}
	if v.Admitted(writesExceptions()) == nil && (v.Caller.AllGroups || e.GroupID != nil) {
		p.End = exceptionPath(e.ID) + "/end"
	}
	if v.MayFindings() {
		found, err := reachOf(ctx, v, &e)
		if err != nil {
			return err
		}
		p.reached(&e, &found)
	}
	return v.Page("exception", &page.Frame{Title: "Exception for " + e.CVEID, Content: p})
}

// reached sets what the exception hides.
func (p *exceptionPage) reached(e *control.Exception, found *reach) {
	p.Sentence = "No snapshot was published yet."
	if found.snapshot > 0 {
		p.Sentence = "In snapshot " + strconv.FormatInt(found.snapshot, 10) + " it " + page.First(does(e), "does nothing to") +
			" " + found.sentence() + "."
		if found.made.Before(e.CreatedTime) {
			p.Sentence = "It was made after snapshot " + strconv.FormatInt(found.snapshot, 10) + ": it " +
				page.First(does(e), "holds") + " findings from the next snapshot on."
		}
	}
	if left := found.findings - int64(len(found.rows)); left > 0 {
		p.Left = page.Number(left) + " more are not shown. All: muster findings --excepted --json"
	}
	l := page.List{Columns: []page.Column{{Name: "Device"}, {Name: "CVE"}, {Name: "Software"}}}
	p.Table = l.Table(nil, page.Cells(found.rows, func(r *control.ExceptedRow) []page.Cell {
		return []page.Cell{page.Linked(page.First(r.DeviceName, r.DeviceID), "/devices/"+url.PathEscape(r.DeviceID)),
			page.TextCell(r.CVEID), page.TextCell(page.ProductName(r.Vendor, r.Name) + " " + r.Version)}
	}), "What it hides")
}
