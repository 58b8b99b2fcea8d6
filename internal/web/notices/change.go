package notices

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/notices"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/notice"
	"github.com/muster-project/muster/internal/web/page"
)

// ruleForms are the forms about what a rule tells.
func ruleForms() []*page.Form {
	return []*page.Form{
		{Path: "/notices/rules/{name}/change", Plan: planChange, Do: changeRule},
		{Path: "/notices/rules/{name}/remove", Plan: planRemoving, Do: removeRule},
	}
}

// The prefixes of boxes to tick.
const (
	tellsName    = "tells."
	severityName = "severity."
)

// readRule reads what a rule tells. groups are those that exist.
func readRule(name string, values url.Values, groups []control.Group) (r notice.Rule, problem string) {
	text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
	r = notice.Rule{Name: name, By: notice.By(text("by")), Digest: text("digest"), Zone: text("zone"),
		DryRun: text("mode") == "dry", Off: text("mode") == "off"}
	for _, e := range notice.Events() {
		if values.Get(tellsName+string(e)) != "" {
			r.Events = append(r.Events, e)
		}
	}
	for _, s := range notice.Severities() {
		if values.Get(severityName+s) != "" {
			r.Severities = append(r.Severities, s)
		}
	}
	for _, one := range listedLines(values.Get("groups")) {
		g, err := control.NamedGroup(groups, one)
		if err != nil {
			problem = fmt.Sprintf("There is no group %q.", one)
			continue
		}
		r.Groups = append(r.Groups, g.ID)
	}
	slices.Sort(r.Groups)
	r.Groups = slices.Compact(r.Groups)
	for _, one := range listedLines(values.Get("products")) {
		r.Products = append(r.Products, productOf(one))
	}
	if from, to := text("from"), text("to"); from+to != "" {
		r.Quiet = &notice.Quiet{From: from, To: to}
	}
	if days := text("ahead"); days != "" && r.Has(notice.Exception) {
		n, err := strconv.Atoi(days)
		if err != nil {
			problem = fmt.Sprintf("Days is %q, must be a whole number.", edge.Clip(days))
		}
		r.AheadDays = n
	}
	if !r.OfFindings() && r.By == notice.ByCVE {
		r.By = "" // it is about findings
	}
	if err := r.Check(); err != nil && problem == "" {
		problem = fmt.Sprintf("The rule is refused: %v.", err)
	}
	return r, problem
}

// listedLines reads a list, one a line.
func listedLines(text string) (all []string) {
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line != "" {
			all = append(all, line)
		}
	}
	return all
}

// productOf reads a product: vendor/name, or a name alone. productLine writes it.
func productOf(line string) notice.Product {
	if vendor, name, ok := strings.Cut(line, "/"); ok {
		return notice.Product{Vendor: strings.TrimSpace(vendor), Name: strings.TrimSpace(name)}
	}
	return notice.Product{Name: line}
}

func productLine(p notice.Product) string {
	if p.Vendor == "" && !strings.Contains(p.Name, "/") {
		return p.Name
	}
	return p.Vendor + "/" + p.Name
}

// ruleInputs are the inputs of what a rule tells, with their values. typed are those that could not be read.
func ruleInputs(r *notice.Rule, names map[int64]string, typed url.Values) []page.Input {
	ticked := func(yes bool) string {
		if yes {
			return "yes"
		}
		return ""
	}
	all := []page.Input{page.Filled()}
	for _, e := range notice.Events() {
		all = append(all, page.Input{Name: tellsName + string(e), Label: eventWords(e), Kind: "yes", Value: ticked(r.Has(e))})
	}
	for _, s := range notice.Severities() {
		all = append(all, page.Input{Name: severityName + s, Label: "severity " + s, Kind: "yes",
			Value: ticked(slices.Contains(r.Severities, s)), Hint: map[bool]string{true: "none ticked: all severities"}[s == "Critical"]})
	}
	var products []string
	for _, p := range r.Products {
		products = append(products, productLine(p))
	}
	lines := func(name string, all []string) string {
		if typed != nil {
			return typed.Get(name)
		}
		return strings.Join(all, "\n")
	}
	ahead, quiet := "", notice.Quiet{}
	if r.AheadDays != 0 {
		ahead = strconv.Itoa(r.AheadDays)
	}
	if r.Quiet != nil {
		quiet = *r.Quiet
	}
	return append(all,
		page.Input{Name: "groups", Label: "Groups", Kind: "long", Value: lines("groups", groupTexts(r.Groups, names)), Hint: "RBAC groups, one a line; empty: all, with those to come"},
		page.Input{Name: "products", Label: "Software", Kind: "long", Value: lines("products", products), Hint: "vendor/name or a name, one a line; empty: all"},
		page.Input{Name: "by", Label: "One message for", Kind: "choice", Choices: []page.Choice{
			{Value: string(notice.ByCVE), Label: "a CVE, with its devices", Chosen: r.By != notice.ByProduct},
			{Value: string(notice.ByProduct), Label: "a product, with its CVEs and devices", Chosen: r.By == notice.ByProduct}}},
		page.Input{Name: "ahead", Label: "Days before an exception ends", Kind: "number", Value: lines("ahead", []string{ahead}), Hint: "empty: 7"},
		page.Input{Name: "digest", Label: "All of a day at", Kind: "time", Value: r.Digest, Hint: "empty: each at once"},
		page.Input{Name: "from", Label: "Quiet from", Kind: "time", Value: quiet.From, Hint: "empty: never"},
		page.Input{Name: "to", Label: "Quiet to", Kind: "time", Value: quiet.To},
		page.Input{Name: "zone", Label: "Time zone", Kind: "text", Value: r.Zone, Hint: "of these times, such as Europe/Lisbon; empty: UTC"},
		page.Input{Name: "mode", Label: "State", Kind: "choice", Choices: modeChoices(modeOf(r))})
}

func modeChoices(chosen string) (all []page.Choice) {
	for _, m := range []string{"on", "dry", "off"} {
		all = append(all, page.Choice{Value: m, Label: modeText(m), Chosen: m == chosen})
	}
	return all
}

// planChange says what becomes of a rule, and what it would have told of the newest snapshot.
func planChange(ctx context.Context, v *page.Visit, values url.Values) (p page.Plan, err error) {
	old, err := ruleOf(ctx, v)
	if err != nil {
		return p, err
	}
	groups, err := groupsOf(ctx, v)
	if err != nil {
		return p, err
	}
	r, typed := old.Rule, url.Values(nil)
	if values.Get(page.FilledName) != "" {
		r, p.Problem = readRule(old.Name, values, groups)
		typed = values
	}
	names := namesOf(groups)
	p = page.Plan{Title: "Change rule " + old.Name, Verb: "Change the rule", Back: rulePath(old.Name, ""), Problem: p.Problem,
		Lead: "It tells " + placeText(&old.Destination) + ".", Inputs: ruleInputs(&r, names, typed)}
	if p.Problem != "" {
		return p, nil
	}
	p.Will = changeTexts(old, &r, names)
	dropped, err := droppedText(ctx, v, old, &r)
	if p.Will = append(p.Will, dropped...); err != nil {
		return p, err
	}
	told, problem, err := rehearse(ctx, v, &r)
	p.Problem, p.Will = problem, append(p.Will, told...)
	return p, err
}

// changeTexts say what becomes of a rule.
func changeTexts(old *notices.Rule, r *notice.Rule, names map[int64]string) (will []string) {
	change := func(what, before, after string) {
		if before != after {
			will = append(will, fmt.Sprintf("%s: %s becomes %s.", what, before, after))
		}
	}
	change("State", modeText(modeOf(&old.Rule)), modeText(modeOf(r)))
	change("Tells", tellsText(&old.Rule), tellsText(r))
	change("Of", ofText(&old.Rule, names), ofText(r, names))
	change("One message for", byText(&old.Rule), byText(r))
	change("When", whenText(&old.Rule), whenText(r))
	if len(will) == 0 {
		will = []string{"Nothing changes."}
	}
	n := old.Status.Notices["waiting"]
	waits := page.Count(n, "message that waits", "messages that wait")
	switch {
	case n > 0 && (r.Off || r.DryRun):
		will = append(will, waits+" will not be sent.")
	case n > 0 && !old.SameTimes(r):
		will = append(will, waits+" will be sent at the new times, if not due already.")
	}
	return will
}

// droppedText says how many of the messages that wait the changed rule does not tell any more.
func droppedText(ctx context.Context, v *page.Visit, old *notices.Rule, r *notice.Rule) ([]string, error) {
	if old.Status.Notices["waiting"] == 0 || r.Off || r.DryRun {
		return nil, nil
	}
	const most = 1000 // of a page of the call
	waiting, err := page.Ask(ctx, v.API, notices.ListHistory(notices.Listing{Rule: old.Name, State: "waiting", Limit: most}))
	dropped := int64(0)
	for i := range waiting.Notices {
		if r.Retell(&old.Rule, &waiting.Notices[i].Notice) != "" {
			dropped++
		}
	}
	if dropped == 0 || err != nil {
		return nil, err
	}
	of := page.Count(int64(len(waiting.Notices)), "message that waits", "messages that wait")
	if waiting.Next != "" {
		of = "the newest " + of
	}
	return []string{fmt.Sprintf("%s of %s will not be sent: the rule does not tell them any more. The history says why.",
		page.Number(dropped), of)}, nil
}

// rehearse says what a rule would have told of the newest snapshot, or what is wrong with it.
func rehearse(ctx context.Context, v *page.Visit, r *notice.Rule) (will []string, problem string, err error) {
	told, err := page.Ask(ctx, v.API, notices.RehearseRule(notices.Set{Rule: *r}))
	switch refused := page.Refused(err); {
	case refused != nil && refused.Status == http.StatusNotFound:
		return []string{"No snapshot was published yet, so it is not said what it would have told."}, "", nil
	case refused != nil && refused.Status < http.StatusInternalServerError:
		return nil, refused.Message, nil
	case err != nil:
		return nil, "", err
	}
	will = []string{rehearsedText(&told)}
	if len(told.Notices) > 0 {
		will = append(will, "The first: "+told.Notices[0].Title)
	}
	return will, "", nil
}

// changeRule changes what a rule tells; it keeps its receiver.
func changeRule(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	groups, err := groupsOf(ctx, v)
	if err != nil {
		return page.Done{}, err
	}
	name := v.PathValue("name")
	r, problem := readRule(name, values, groups)
	if problem != "" {
		return page.Done{}, edge.Invalid("%s", problem)
	}
	made, err := page.Ask(ctx, v.API, notices.SetRule(name, notices.Set{Rule: r}))
	return page.Done{Told: fmt.Sprintf("The rule %s was changed. It is %s, and tells what changes after snapshot %d.", name, stateText(&made.Status),
		made.Since), To: rulePath(name, "")}, err
}

func planRemoving(ctx context.Context, v *page.Visit, _ url.Values) (page.Plan, error) {
	r, err := ruleOf(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	return page.Plan{Title: "Remove rule " + r.Name, Verb: "Remove the rule", Grave: true, Back: rulePath(r.Name, ""),
		Will: []string{fmt.Sprintf("%s is told nothing by the rule any more: %s.", placeText(&r.Destination), tellsText(&r.Rule)),
			page.Count(r.Status.Notices["waiting"], "message that waits is", "messages that wait are") + " not sent. What was told stays in the history for 30 days.",
			"Its secrets are removed. To keep them, turn the rule off in place of this."}}, nil
}

func removeRule(ctx context.Context, v *page.Visit, _ url.Values) (page.Done, error) {
	name := v.PathValue("name")
	_, err := page.Ask(ctx, v.API, notices.RemoveRule(name))
	return page.Done{Told: fmt.Sprintf("The rule %s was removed.", name), To: home}, err
}
