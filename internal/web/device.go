package web

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/intel/coverage"
	"github.com/muster-project/muster/internal/web/manage"
	"github.com/muster-project/muster/internal/web/page"
)

// devicePage is what the page of a device shows.
type devicePage struct {
	Device control.DeviceReport
	Name   string
	System string
	Facts  [][]string // of its coverage
	View   string
	Views  []page.Entry
	Table  page.TableView
	Total  int64
	All    string
	// Findings is how many the device has, Each leads to them.
	Findings int64
	Each     string
	// Look is the page on which a manager looks after the device; "" for who may not.
	Look    string
	Nothing string
	// Of is the snapshot that the address names, 0 for the newest: identity and coverage are of now.
	Of       int64
	Settings settingsPart
}

// deviceViews are the parts of the page, by the value of view.
func deviceViews() [][2]string {
	return [][2]string{{"", "Worst first"}, {"software", "Software"}, {"settings", "Settings"}}
}

// deviceRows is how many rows a part shows; the list has all.
const deviceRows = 100

// showDevice is GET /devices/{id}.
func showDevice(v *page.Visit) error {
	id, view := v.PathValue("id"), v.URL.Query().Get("view")
	if err := v.Takes("view", "says", "page"); err != nil {
		return err
	}
	ctx, cancel := v.Within()
	defer cancel()
	got, err := page.Ask(ctx, v.API, control.ShowDevice(id))
	if err != nil {
		return err
	}
	p := &devicePage{Device: got, Name: page.First(got.Name, got.ID), View: view,
		System: strings.TrimSpace(got.OSPlatform + " " + got.OSVersion + " " + got.OSArchitecture),
		Facts:  named(coverages.DeviceRows(got.Coverage, nil))}
	path := "/devices/" + url.PathEscape(id)
	for _, one := range deviceViews() {
		if one[0] != "software" && !v.MayFindings() {
			continue
		}
		p.Views = append(p.Views, page.Entry{Name: one[1], Path: page.Link(path, "view", one[0]), Here: one[0] == view})
	}
	if v.MayFindings() {
		p.Views = append(p.Views, page.Entry{Name: "Changes", Path: page.Link("/changes", "device", id)})
	}
	if v.Manages() {
		p.Look = "/access" + path
	}
	if view == "" && !v.MayFindings() {
		view, p.View = "software", "software"
	}
	if view == "settings" {
		err = p.Settings.fill(ctx, v, p.Device.ID)
	} else {
		err = v.Pinned(func(snapshot int64) (int64, error) { return p.fill(ctx, v, view, snapshot) })
		p.Of = v.Asked
		if errors.Is(err, page.ErrBare) {
			err = nil // the device waits, and the page says so
		}
	}
	if err != nil {
		return err
	}
	return v.Page("device", &page.Frame{Title: p.Name, Content: p})
}

// named takes the names from facts that are of the one before, too.
func named(facts [][]string) [][]string {
	for i := len(facts) - 1; i > 0; i-- {
		if facts[i][0] == facts[i-1][0] {
			facts[i][0] = ""
		}
	}
	return facts
}

// fill makes the part of the page that is asked for, of a snapshot. It returns the number of that.
func (p *devicePage) fill(ctx context.Context, v *page.Visit, view string, snapshot int64) (int64, error) {
	of := &control.ListFilter{Device: p.Device.ID, Limit: deviceRows, Snapshot: snapshot}
	switch {
	case view != "" && view != "software":
		return 0, edge.Invalid("view is %q, must be software or settings, or absent", edge.Clip(view))
	case p.Device.Coverage == nil && snapshot == 0:
		p.Nothing = "The device is in no snapshot yet."
		return 0, nil
	case view == "software":
		return fillTable(ctx, v, p, software(), of)
	}
	state, reason, err := p.assessed(ctx, v, snapshot)
	switch {
	case err != nil:
		return 0, err
	case state == "":
		p.Nothing = fmt.Sprintf("The device is not in snapshot %d.", snapshot)
		return snapshot, nil
	case state == coverage.NotAssessed.String():
		p.Nothing = "Nothing was looked for: " + coverages.Reason(reason) + "."
	case state == coverage.Partly.String():
		p.Nothing = "Nothing was found in what was looked at: the device was assessed partly."
	default:
		p.Nothing = "Nothing was found."
	}
	number, err := fillTable(ctx, v, p, actions(), of)
	if err != nil {
		return number, err
	}
	each, err := findings().Ask(ctx, v.API, &control.ListFilter{Device: p.Device.ID, Limit: 1, Snapshot: snapshot}, nil)
	p.Findings, p.Each = each.Head.Total, page.Link("/findings", "device", p.Device.ID)
	return number, err
}

// assessed says how far the device was assessed in a snapshot, 0 is the newest; "" if it is not in it.
func (p *devicePage) assessed(ctx context.Context, v *page.Visit, snapshot int64) (state, reason string, err error) {
	if snapshot == 0 {
		return p.Device.Coverage.State, p.Device.Coverage.Reason, nil
	}
	got, err := page.Ask(ctx, v.API, control.List[control.FleetRows](control.ListOfDevices,
		&control.ListFilter{Device: p.Device.ID, Limit: 1, Snapshot: snapshot}))
	if e := page.Refused(err); e != nil && e.Status == http.StatusNotFound {
		return "", "", nil
	}
	if err != nil || len(got.Rows) == 0 {
		return "", "", err
	}
	return got.Rows[0].State, got.Rows[0].Reason, nil
}

// fillTable makes the table of a list of the device, and returns the number of the snapshot.
func fillTable(ctx context.Context, v *page.Visit, p *devicePage, l *page.List, of *control.ListFilter) (int64, error) {
	got, err := l.Ask(ctx, v.API, of, nil)
	if err != nil {
		return 0, err
	}
	p.Table, p.Total, p.All = l.Table(nil, got.Rows, l.Title), got.Head.Total, page.Link("/"+l.Name, "device", of.Device)
	p.Table.Drop("Devices") // it is this one
	p.linkHere()
	return got.Head.Number, nil
}

// linkHere makes counts of CVEs lead to those of the device.
func (p *devicePage) linkHere() {
	for _, row := range p.Table.Rows {
		for i := range row {
			path, raw, ok := strings.Cut(row[i].Link, "?")
			if !ok || path != "/vulnerabilities" && path != "/findings" {
				if path == "/devices" {
					row[i].Link = ""
				}
				continue
			}
			values, err := url.ParseQuery(raw)
			if err == nil {
				values.Set("device", p.Device.ID)
				row[i].Link = path + "?" + values.Encode()
			}
		}
	}
}

// whyPage is what the page of a judgement shows.
type whyPage struct {
	Why    control.Why
	Device string
	// Except is the form of an exception here; "" for who may make none.
	Except string
}

// showWhy is GET /devices/{id}/why.
func showWhy(v *page.Visit) error {
	ctx, cancel := v.Within()
	defer cancel()
	got, err := page.Ask(ctx, v.API, control.WhyDevice(v.PathValue("id"), v.URL.Query().Get("cve")))
	if err != nil {
		return err
	}
	p := &whyPage{Why: got, Device: "/devices/" + url.PathEscape(got.DeviceID)}
	if got.CVE != "" {
		p.Except = manage.ExceptionLink(v, "cve", got.CVE, "device", got.DeviceID)
	}
	return v.Page("why", &page.Frame{Title: "Why " + page.First(got.CVE, "these findings"),
		Content: p})
}
