package access

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/auth"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/web/page"
)

// clientForms are the forms about clients.
func clientForms() []*page.Form {
	manages := edge.Manages(nil)
	const client = "/access/clients/{id}"
	return []*page.Form{
		{Path: "/access/clients/add", For: manages, Plan: planAdding, Do: addClient},
		{Path: client + "/change", For: manages, Plan: planChange, Do: changeClient},
		{Path: client + "/remove", For: manages, Plan: planRemoving, Do: removeClient},
	}
}

// meaning says what a permission lets a client do.
func meaning(p auth.Permission) string {
	return map[auth.Permission]string{
		auth.ReadVulnerabilities: "read findings, their changes, and configurations",
		auth.ReadSoftware:        "read software",
		auth.ReadMachines:        "read the list of machines",
		auth.ReadWriteMachines:   "means the same as Machine.Read.All",
		auth.ReadRecommendations: "read recommendations",
		auth.ReadScores:          "read the exposure and configuration scores",
		auth.RunQueries:          "for clients that ask for it: no query is answered",
		auth.WriteReports:        "send reports of any device",
		auth.Manage:              "manage the organization: publish, devices, clients, groups; needs all groups",
		auth.ReadMetrics:         "read metrics, and nothing else",
		auth.ReadAudit:           "read the audit log; needs all groups",
		auth.WriteExceptions:     "add and remove exceptions, in the groups that it sees",
	}[p]
}

// wanted is what a form says of a client.
type wanted struct {
	control.Access
	problem string
}

// The fields of what a client may do.
const (
	mayName    = "may."
	seesName   = "sees"
	groupsName = "groups"
)

// readAccess reads what a client is to be; groups are those that exist.
func readAccess(values url.Values, groups []control.Group) (w wanted) {
	w.Name = strings.TrimSpace(values.Get("name"))
	for _, p := range auth.Permissions() {
		if values.Get(mayName+string(p)) != "" {
			w.Permissions = append(w.Permissions, string(p))
		}
	}
	if values.Get(seesName) == "some" {
		w.Groups = []string{}
		for text := range strings.Lines(values.Get(groupsName)) {
			if name := strings.TrimSpace(text); name != "" {
				w.Groups = append(w.Groups, name)
			}
		}
	}
	switch {
	case w.Name == "":
		w.problem = "A client needs a name."
	case len(w.Permissions) == 0:
		w.problem = "A client needs a permission."
	case w.Groups != nil && len(w.Groups) == 0:
		w.problem = "Name the groups that it sees, one a line, or let it see all."
	}
	for _, name := range w.Groups {
		if _, err := control.NamedGroup(groups, name); err != nil && w.problem == "" {
			w.problem = fmt.Sprintf("There is no group %q. Groups are made on their page.", name)
		}
	}
	return w
}

// accessInputs are the fields of what a client may do.
func accessInputs(w *wanted, groups []control.Group) []page.Input {
	all := []page.Input{page.Filled(), {Name: "name", Label: "Name", Kind: "text", Value: w.Name, Required: true}}
	for _, p := range auth.Permissions() {
		ticked := ""
		if slices.Contains(w.Permissions, string(p)) {
			ticked = "yes"
		}
		all = append(all, page.Input{Name: mayName + string(p), Label: string(p), Hint: meaning(p), Kind: "yes", Value: ticked})
	}
	var names []string
	for _, g := range groups {
		if g.Current && len(names) < 30 {
			names = append(names, g.Name)
		}
	}
	return append(all, page.Input{Name: seesName, Label: "Sees", Kind: "choice", Choices: []page.Choice{
		{Value: "all", Label: "all groups", Chosen: w.Groups == nil}, {Value: "some", Label: "the groups below", Chosen: w.Groups != nil}}},
		page.Input{Name: groupsName, Label: "Groups, one a line", Kind: "long", Value: strings.Join(w.Groups, "\n"),
			Hint: "such as " + strings.Join(names, ", ")})
}

// scopeText says what a client will see, in numbers.
func scopeText(groups []string, all []control.Group) string {
	var devices int64
	for _, g := range all {
		if groups == nil || slices.ContainsFunc(groups, func(name string) bool { return strings.EqualFold(g.Name, name) }) {
			devices += g.Devices
		}
	}
	if groups == nil {
		return "all groups, with " + page.Count(devices, "device", "devices")
	}
	return page.Count(int64(len(groups)), "group", "groups") + " (" + strings.Join(groups, ", ") + ") with " + page.Count(devices, "device", "devices")
}

func planAdding(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	w := readAccess(values, all.Groups)
	_, days, problem := lifetime(values, "365")
	p := page.Plan{Title: "Add a client", Verb: "Add the client", Back: "/access", Problem: cmp.Or(w.problem, problem),
		Lead:   "A client is an application, or a person. It proves itself by a secret, which only you will see.",
		Inputs: append(accessInputs(&w, all.Groups), daysInput(days))}
	if values.Get(page.FilledName) == "" {
		p.Problem = ""
		return p, err
	}
	p.Will = []string{fmt.Sprintf("The client %q may: %s.", w.Name, strings.Join(w.Permissions, ", ")),
		"It sees " + scopeText(w.Groups, all.Groups) + ".", endText(days)}
	return p, err
}

func addClient(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	if err != nil {
		return page.Done{}, err
	}
	w := readAccess(values, all.Groups)
	life, _, problem := lifetime(values, "")
	if problem = cmp.Or(w.problem, problem); problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, control.AddClient(control.ClientRequest{Access: w.Access, LifetimeSeconds: life}))
	if err != nil {
		return page.Done{}, err
	}
	return page.Done{Told: fmt.Sprintf("The client %q was added.", made.Name), To: clientPath(made.ClientID), Secret: issued(&made)}, nil
}

func planChange(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	c, err := clientOf(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	w := readAccess(values, all.Groups)
	if values.Get(page.FilledName) == "" {
		w = wanted{Access: control.Access{Name: c.Name, Permissions: c.Permissions, Groups: c.Groups}}
	}
	p := page.Plan{Title: "Change client " + c.Name, Verb: "Change the client", Back: clientPath(c.ID), Problem: w.problem,
		Lead: "Changes apply at once, also to tokens and browsers that it already has.", Inputs: accessInputs(&w, all.Groups)}
	change := func(what, before, after string) {
		if before != after {
			p.Will = append(p.Will, fmt.Sprintf("%s: %s becomes %s.", what, before, after))
		}
	}
	change("Name", c.Name, w.Name)
	change("Permissions", strings.Join(c.Permissions, ", "), strings.Join(w.Permissions, ", "))
	change("Sees", scopeText(c.Groups, all.Groups), scopeText(w.Groups, all.Groups))
	if len(p.Will) == 0 {
		p.Will = []string{"Nothing changes."}
	}
	return p, err
}

func changeClient(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	all, err := page.Ask(ctx, v.API, control.ListGroups())
	if err != nil {
		return page.Done{}, err
	}
	w := readAccess(values, all.Groups)
	if w.problem != "" {
		return page.Done{}, edge.Invalid("%s", w.problem)
	}
	made, err := page.Ask(ctx, v.API, control.ChangeClient(v.PathValue("id"), control.ClientChange{Name: w.Name,
		Permissions: w.Permissions, Groups: w.Groups, AllGroups: w.Groups == nil}))
	return page.Done{Told: fmt.Sprintf("The client %q was changed.", made.Name), To: clientPath(v.PathValue("id"))}, err
}

func planRemoving(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	c, err := clientOf(ctx, v)
	return page.Plan{Title: "Remove client " + c.Name, Verb: "Remove the client", Grave: true, Back: clientPath(c.ID),
		Will: []string{fmt.Sprintf("The client %q (%s) is removed, with %s.", c.Name, strings.Join(c.Permissions, ", "),
			page.Count(int64(len(c.Credentials)), "credential", "credentials")),
			"Its tokens stop working at once, and its browsers are signed out. Links to files that it has work until they end."}}, err
}

func removeClient(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	_, err := page.Ask(ctx, v.API, control.RemoveClient(v.PathValue("id")))
	return page.Done{Told: "The client was removed.", To: "/access"}, err
}
