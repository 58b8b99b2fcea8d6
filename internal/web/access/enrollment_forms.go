package access

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// enrollmentForms are the forms about enrolments.
func enrollmentForms() []*page.Form {
	return []*page.Form{
		{Path: "/access/enrollments/add", For: edge.Manages(nil), Plan: planEnrolling, Do: makeEnrolling},
		{Path: "/access/enrollments/{id}/end", For: edge.Manages(nil), Plan: planEnding, Do: endEnrolling},
	}
}

// readEnrollment reads the form.
func readEnrollment(values url.Values) (e control.EnrollmentRequest, texts map[string]string, problem string) {
	texts = map[string]string{"count": "1", "hours": "24"}
	e = control.EnrollmentRequest{Name: strings.TrimSpace(values.Get("name")), Group: strings.TrimSpace(values.Get("group")),
		Adopt: values.Get("adopt") != ""}
	for _, one := range []string{"name", "platform", "tags"} {
		if values.Get("trust."+one) != "" {
			e.Trust = append(e.Trust, one)
		}
	}
	if e.Name == "" {
		problem = "An enrolment needs a name."
	}
	for _, one := range []struct {
		name string
		unit int64
		to   **int64
	}{{"count", 1, &e.Count}, {"hours", 60 * 60, &e.LifetimeSeconds}} {
		texts[one.name] = cmp.Or(strings.TrimSpace(values.Get(one.name)), texts[one.name])
		n, err := strconv.ParseInt(texts[one.name], 10, 32)
		if err != nil || n < 1 {
			problem = fmt.Sprintf("%s is %q, must be a whole number from 1.", one.name, edge.Clip(texts[one.name]))
		}
		n *= one.unit
		*one.to = &n
	}
	return e, texts, problem
}

func planEnrolling(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	e, texts, problem := readEnrollment(values)
	p := page.Plan{Title: "Make an enrolment", Verb: "Make the secret", Back: enrolledTo(values), Problem: problem,
		Lead: "A device exchanges the secret, once, for a credential of its own. The secret is shown once."}
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	groups := []page.Choice{{Value: "", Label: "none", Chosen: e.Group == ""}}
	for _, g := range all.Groups {
		if g.ID > 0 && g.Current {
			groups = append(groups, page.Choice{Value: g.Name, Label: g.Name, Chosen: strings.EqualFold(g.Name, e.Group)})
		}
	}
	if !slices.ContainsFunc(groups, func(c page.Choice) bool { return c.Chosen }) {
		groups = append(groups, page.Choice{Value: e.Group, Label: e.Group, Chosen: true})
		p.Problem = fmt.Sprintf("There is no group %q.", edge.Clip(e.Group))
	}
	ticked := func(yes bool) string {
		if yes {
			return "yes"
		}
		return ""
	}
	p.Inputs = []page.Input{page.Filled(), {Name: "then", Kind: "hidden", Value: values.Get("then")},
		{Name: "name", Label: "Name", Kind: "text", Value: e.Name, Required: true},
		{Name: "count", Label: "Devices", Kind: "number", Value: texts["count"], Required: true},
		{Name: "hours", Label: "Valid for hours", Kind: "number", Value: texts["hours"], Required: true},
		{Name: "group", Label: "Group of the devices", Kind: "choice", Choices: groups, Hint: "unless a rule says another"},
		{Name: "adopt", Label: "Also known devices", Kind: "yes", Value: ticked(e.Adopt), Hint: "that have no credential and are in the group or in none"}}
	for _, one := range []string{"name", "platform", "tags"} {
		p.Inputs = append(p.Inputs, page.Input{Name: "trust." + one, Label: "Devices may change their " + one, Kind: "yes",
			Value: ticked(slices.Contains(e.Trust, one))})
	}
	if values.Get(page.FilledName) == "" {
		p.Problem = ""
	}
	if problem == "" {
		p.Will = []string{fmt.Sprintf("%s may enrol by the secret within %s hours, into %s.", page.Count(*e.Count, "device", "devices"), texts["hours"],
			cmp.Or(e.Group, "no group"))}
	}
	return p, err
}

// enrolledTo is where the form leads: to the setup, if that led to the form.
func enrolledTo(values url.Values) string {
	if values.Get("then") == "setup" {
		return "/setup"
	}
	return "/access/enrollments"
}

func makeEnrolling(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	e, _, problem := readEnrollment(values)
	if problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, control.CreateEnrollment(e))
	if err != nil {
		return page.Done{}, err
	}
	return page.Done{Told: fmt.Sprintf("The enrolment %q was made, until %s.", made.Name, page.Instant(made.ExpiresTime)), To: enrolledTo(values),
		Secret: &page.Secret{Lines: [][2]string{{"Enrolment", made.ID}, {"Secret", made.Secret}},
			Commands: "muster collect --server " + v.Origin() + " --enroll " + made.Secret}}, nil
}

// enrollmentOf is the enrolment of a path.
func enrollmentOf(ctx context.Context, v *page.Visit) (e control.Enrollment, err error) {
	all, err := page.Ask(ctx, v.API, control.ListEnrollments())
	if err != nil {
		return e, err
	}
	for _, one := range all.Enrollments {
		if one.ID == v.PathValue("id") {
			return one, nil
		}
	}
	return e, edge.NotFound("no enrolment %q: it was removed already, or there never was one", edge.Clip(v.PathValue("id")))
}

func planEnding(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	e, err := enrollmentOf(ctx, v)
	return page.Plan{Title: "End an enrolment", Verb: "End it", Grave: true, Back: "/access/enrollments",
		Will: []string{fmt.Sprintf("The secret of %q stops working: %s of %s have used it.", e.Name, page.Number(e.Used), page.Count(e.Count, "device", "devices")),
			"Devices that have enrolled keep their credentials."}}, err
}

func endEnrolling(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	_, err := page.Ask(ctx, v.API, control.RemoveEnrollment(v.PathValue("id")))
	return page.Done{Told: "The enrolment has ended.", To: "/access/enrollments"}, err
}
