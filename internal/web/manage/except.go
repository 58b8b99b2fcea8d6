package manage

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/web/page"
)

// exceptForm makes an exception.
func exceptForm() *page.Form {
	return &page.Form{Path: "/exceptions/add", For: writesExceptions(), Plan: planExcepting, Do: makeException}
}

// wanted reads the form.
func wanted(values url.Values) control.NewException {
	var e control.NewException
	for name, to := range e.Columns() {
		*to = strings.TrimSpace(values.Get(name))
	}
	return e
}

// planExcepting says what the exception would hide now.
func planExcepting(ctx context.Context, v *page.Visit, values url.Values) (p page.Plan, err error) {
	e := wanted(values)
	marks := e.Action == "mark"
	p = page.Plan{Title: "Make an exception", Verb: "Make the exception", Back: "/exceptions",
		Lead: "A finding that is accepted, with a reason and an end. It is hidden or marked from the next snapshot on.",
		Inputs: []page.Input{
			{Name: "cve", Label: "CVE", Kind: "text", Value: e.CVE, Required: true},
			{Name: "reason", Label: "Reason", Kind: "long", Value: e.Reason, Required: true},
			{Name: "until", Label: "Until", Kind: "date", Value: e.Until, Hint: "with that day (UTC); empty: no end"},
			{Name: "action", Label: "What it does", Kind: "choice", Choices: []page.Choice{
				{Value: "hide", Label: "hide the findings", Chosen: !marks},
				{Value: "mark", Label: "keep and mark them", Chosen: marks}}},
			{Name: "vendor", Label: "Vendor", Kind: "text", Value: e.Vendor, Hint: "as rows show it; empty: all"},
			{Name: "name", Label: "Software", Kind: "text", Value: e.Name, Hint: "as rows show it; empty: all"},
			{Name: "version", Label: "Version", Kind: "text", Value: e.Version, Hint: "as rows show it; empty: all"},
			{Name: "purl", Label: "Package URL", Kind: "text", Value: e.PURL, Hint: "in place of vendor, software and version"},
			{Name: "device", Label: "Device", Kind: "text", Value: e.Device, Hint: "id or name; empty: all"},
			{Name: "group", Label: "Group", Kind: "text", Value: e.Group, Hint: "name or number of an RBAC group; empty: all"},
			{Name: "by", Label: "Who accepts the risk", Kind: "text", Value: e.By},
		}}
	if day, err := time.Parse(time.DateOnly, e.Until); err == nil && !day.AddDate(0, 0, 1).After(v.Now()) {
		p.Problem = fmt.Sprintf("Until is %q, which has passed: the exception would never be in force.", e.Until)
		return p, nil
	}
	if e.CVE == "" {
		return p, nil
	}
	p.Will, p.Problem, err = willExcept(ctx, v, &e)
	return p, err
}

// willExcept says what an exception would hide or mark in the newest snapshot, or what is wrong with it.
func willExcept(ctx context.Context, v *page.Visit, e *control.NewException) (will []string, problem string,
	err error) {
	does, end := "hidden", "It has no end."
	if e.Action == "mark" {
		does = "marked"
	}
	if e.Until != "" {
		end = fmt.Sprintf("It ends with %s: then what is %s now comes back as it was.", e.Until, does)
	}
	if !v.MayFindings() {
		return []string{"You may not read findings, so it is not said how many it concerns.", end}, "", nil
	}
	software := e.Name
	if e.Vendor != "" && e.Name != "" {
		software = e.Vendor + "/" + e.Name
	}
	got, err := page.Ask(ctx, v.API, control.List[control.VulnerabilityRows](control.ListOfVulnerabilities,
		&control.ListFilter{CVE: e.CVE, Software: software, Device: e.Device, Group: e.Group, Limit: 1}))
	switch refused := page.Refused(err); {
	case refused != nil && refused.Status == http.StatusNotFound && e.Device+e.Group == "":
		return []string{"No snapshot was published yet, so it is not known what it concerns.", end}, "", nil
	case refused != nil && refused.Status < http.StatusInternalServerError:
		return nil, refused.Message, nil
	case err != nil:
		return nil, "", err
	}
	devices := int64(0)
	if len(got.Rows) > 0 {
		devices = got.Rows[0].Devices
	}
	text := page.Count(got.Sums.Findings, "finding", "findings") + " on " + page.Count(devices, "device", "devices")
	if e.PURL != "" || e.Version != "" {
		text = "Of " + text + " in any version, those of this version or package"
	}
	verb := " are "
	if got.Sums.Findings == 1 && e.PURL+e.Version == "" {
		verb = " is "
	}
	text += verb + does
	return []string{fmt.Sprintf("%s from the next snapshot on (numbers of snapshot %d).", text, got.Number), end}, "", nil
}

// makeException makes the exception.
func makeException(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	made, err := page.Ask(ctx, v.API, control.AddException(wanted(values)))
	if err != nil {
		return page.Done{}, err
	}
	named := []control.Exception{made}
	nameDevices(ctx, v, named)
	made = named[0]
	return page.Done{Told: fmt.Sprintf("The exception for %s was made: %s, %s, %s.", made.CVEID, productOf(&made),
		placeOf(&made), endsOf(&made)), To: exceptionPath(made.ID)}, nil
}

// endForm ends an exception.
func endForm() *page.Form {
	return &page.Form{Path: "/exceptions/{id}/end", For: writesExceptions(), Plan: planEnding, Do: endException}
}

// planEnding says what comes back.
func planEnding(ctx context.Context, v *page.Visit, _ url.Values) (p page.Plan, err error) {
	e, err := exceptionOf(ctx, v)
	if err != nil {
		return p, err
	}
	p = page.Plan{Title: "End the exception for " + e.CVEID, Verb: "End the exception", Back: exceptionPath(e.ID),
		Lead: fmt.Sprintf("%s, %s. Reason: %s", productOf(&e), placeOf(&e), page.First(e.Reason, "-"))}
	if !v.MayFindings() {
		p.Will = []string{"You may not read findings, so it is not said how many come back."}
		return p, nil
	}
	found, err := reachOf(ctx, v, &e)
	if err != nil {
		return p, err
	}
	p.Will = []string{fmt.Sprintf("%s that it %s now are New in the next snapshot, unless another exception holds.",
		found.sentence(), page.First(does(&e), "speaks of"))}
	switch {
	case found.findings == 0:
		p.Will = []string{"It concerns no finding of the newest snapshot, so none comes back."}
	case e.Action == "mark":
		p.Will = []string{found.sentence() + " lose their mark in the next snapshot."}
	}
	return p, nil
}

// endException removes the exception.
func endException(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	e, err := exceptionOf(ctx, v)
	if err == nil {
		_, err = page.Ask(ctx, v.API, control.RemoveException(e.ID))
	}
	return page.Done{Told: fmt.Sprintf("The exception for %s was ended: %s, %s.", e.CVEID, productOf(&e), placeOf(&e)),
		To: "/exceptions"}, err
}
