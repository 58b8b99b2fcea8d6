package manage

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// enrollForm makes the secret by which devices enrol.
func enrollForm() *page.Form {
	return &page.Form{Path: "/setup/enroll", For: edge.Manages(nil), Plan: planEnrolling, Do: makeEnrolling}
}

// enrolling reads the form.
func enrolling(values url.Values) (asked control.EnrollmentRequest, problem string) {
	asked = control.EnrollmentRequest{Name: cmp.Or(strings.TrimSpace(values.Get("name")), "first"),
		Group: strings.TrimSpace(values.Get("group"))}
	for _, one := range []struct {
		name, label string
		unit        int64
		to          **int64
	}{{"count", "Devices", 1, &asked.Count}, {"hours", "Valid for hours", 3600, &asked.LifetimeSeconds}} {
		text := cmp.Or(strings.TrimSpace(values.Get(one.name)), map[string]string{"count": "1", "hours": "24"}[one.name])
		n, err := strconv.ParseInt(text, 10, 32)
		if err != nil || n < 1 {
			return asked, fmt.Sprintf("%s is %q, must be a whole number from 1.", one.label, edge.Clip(text))
		}
		n *= one.unit
		*one.to = &n
	}
	return asked, ""
}

// planEnrolling says how many devices the secret will be for, and how long.
func planEnrolling(_ context.Context, _ *page.Visit, values url.Values) (page.Plan, error) {
	asked, problem := enrolling(values)
	p := page.Plan{Title: "Make an enrolment", Verb: "Make the secret", Back: "/setup", Problem: problem,
		Lead: "A device exchanges the secret for a credential of its own, with which it sends its reports.",
		Inputs: []page.Input{
			{Name: "name", Label: "Name", Kind: "text", Value: asked.Name, Required: true},
			{Name: "count", Label: "Devices", Kind: "number", Value: cmp.Or(values.Get("count"), "1"), Required: true},
			{Name: "hours", Label: "Valid for hours", Kind: "number", Value: cmp.Or(values.Get("hours"), "24"), Required: true},
			{Name: "group", Label: "Group", Kind: "text", Value: asked.Group, Hint: "the RBAC group of the devices, unless a rule says another; may be empty"},
		}}
	if problem == "" {
		p.Will = []string{fmt.Sprintf("A secret is made by which %s may enrol within %s.",
			page.Count(*asked.Count, "device", "devices"), page.Count(*asked.LifetimeSeconds/3600, "hour", "hours"))}
	}
	return p, nil
}

// makeEnrolling makes the secret, and shows it once.
func makeEnrolling(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	asked, problem := enrolling(values)
	if problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, control.CreateEnrollment(asked))
	if err != nil {
		return page.Done{}, err
	}
	origin := v.Origin()
	return page.Done{Told: fmt.Sprintf("The enrolment %q was made, for %s until %s.", made.Name,
		page.Count(made.Count, "device", "devices"), page.Instant(made.ExpiresTime.Round(time.Second))), To: "/setup",
		Secret: &page.Secret{Lines: [][2]string{{"Secret", made.Secret}, {"Enrolment", made.ID}},
			Commands: "muster collect --server " + origin + " --enroll " + made.Secret}}, nil
}
