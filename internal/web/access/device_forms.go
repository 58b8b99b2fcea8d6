package access

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"net/url"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// deviceForms are the forms by which people decide about a device.
func deviceForms() []*page.Form {
	manages := edge.Manages(nil)
	const device = "/access/devices/{id}"
	return []*page.Form{
		{Path: device + "/remove", For: manages, Plan: planGoing, Do: decides(control.RemoveDevice, "The device was removed.", "/access/devices")},
		{Path: device + "/accept", For: manages, Plan: planAccepting, Do: acceptClaims},
		{Path: device + "/revoke", For: manages, Plan: planDeviceRevoking, Do: decides(control.RemoveCredential, "The credential was revoked.", "")},
		{Path: device + "/admit", For: manages, Plan: planAdmitting, Do: decides(control.AdmitDevice, "The device may enrol.", "")},
	}
}

// decides makes what calls the API about the device of a path. It leads to the device, unless to says where.
func decides(call func(id string) control.Request[control.Nothing], told, to string) func(context.Context, *page.Visit,
	url.Values) (page.Done, error) {
	return func(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
		_, err := page.Ask(ctx, v.API, call(v.PathValue("id")))
		return page.Done{Told: told, To: cmp.Or(to, devicePath(v.PathValue("id")))}, err
	}
}

// planOf begins the plan of a form about the device of a path.
func planOf(ctx context.Context, v *page.Visit, title, verb string) (page.Plan, control.DeviceReport, error) {
	d, err := deviceOf(ctx, v)
	return page.Plan{Title: title + " " + cmp.Or(d.Name, d.ID), Verb: verb, Back: devicePath(v.PathValue("id"))}, d, err
}

func planGoing(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	p, d, err := planOf(ctx, v, "Remove", "Remove the device")
	p.Grave = true
	switch {
	case d.Findings == nil:
		p.Will = []string{"The device is removed. It is in no snapshot, so no finding changes."}
	default:
		p.Will = []string{page.Count(d.Findings.Sum(), "finding becomes", "findings become") + " Fixed (device gone) in the next snapshot."}
	}
	p.Will = append(p.Will, fmt.Sprintf("What was reported of it is removed: %s, from %s.", page.Count(int64(len(d.Report.Software)), "entry of software", "entries of software"),
		page.Count(int64(len(d.Sources)), "source", "sources")), "Its credential ends at once, if it has one. A later report by others makes a new device.")
	return p, err
}

// claimsName is the field of the claims that somebody has seen: the API accepts no others.
const claimsName = "claims"

func planAccepting(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	p, d, err := planOf(ctx, v, "Accept what is claimed by", "Accept it")
	if err != nil {
		return p, err
	}
	if d.Claims == nil {
		p.Problem = "This device claims nothing that was not accepted."
		return p, nil
	}
	text, err := json.Marshal(d.Claims)
	p.Inputs = []page.Input{{Name: claimsName, Kind: "hidden", Value: string(text)}}
	for _, row := range claimRows(&d.Device) {
		p.Will = append(p.Will, fmt.Sprintf("%s: %s becomes %s.", row[0].Text, row[1].Text, row[2].Text))
	}
	p.Will = append(p.Will, "The rules of groups apply to that: the device may move with the next snapshot.")
	return p, err
}

func acceptClaims(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	var seen control.Claims
	if err := json.Unmarshal([]byte(values.Get(claimsName)), &seen); err != nil {
		return page.Done{}, edge.Invalid("the form does not say what was claimed")
	}
	_, err := page.Ask(ctx, v.API, control.AcceptClaims(v.PathValue("id"), seen))
	return page.Done{Told: "What the device claims was accepted.", To: devicePath(v.PathValue("id"))}, err
}

func planDeviceRevoking(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	p, d, err := planOf(ctx, v, "Revoke the credential of", "Revoke it")
	p.Grave = true
	p.Lead = "This refuses a device whose identity is in doubt: what it claims never counts unless it is accepted."
	p.Will = []string{"The device cannot report any more until it enrols again, which it may do once, within a week, by the secret of an enrolment.",
		fmt.Sprintf("What is known of it stays: %s from %s.", page.Count(int64(len(d.Report.Software)), "entry of software", "entries of software"),
			page.Count(int64(len(d.Sources)), "source", "sources"))}
	return p, err
}

func planAdmitting(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	p, _, err := planOf(ctx, v, "Let", "Let it enrol")
	p.Title += " enrol"
	p.Will = []string{"The device may enrol once, within a week, by the secret of an enrolment. One that has a credential is refused: revoke that first."}
	return p, err
}
