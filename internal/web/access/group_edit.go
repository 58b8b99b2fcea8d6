package access

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/control/supervise"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/web/page"
)

// edit changes groups and rules by a form. It returns what it does, for people, and why it cannot be done; texts have
// values from outside.
type edit struct {
	title, verb, lead string
	grave             bool
	inputs            func(r *ruled, v *page.Visit, values url.Values) []page.Input
	// apply changes rules. told is in the past tense.
	apply func(r *ruled, v *page.Visit, values url.Values) (will []string, told, problem string, err error)
	// then does what belongs to it beside the rules.
	then func(ctx context.Context, v *page.Visit, before *ruled, values url.Values) error
}

// plan says what the rules of the form would move.
func (e *edit) plan(ctx context.Context, v *page.Visit, values url.Values) (page.Plan, error) {
	r, err := askGroups(ctx, v)
	if err != nil {
		return page.Plan{}, err
	}
	p := page.Plan{Title: e.title, Verb: e.verb, Lead: e.lead, Grave: e.grave, Back: "/access/groups"}
	if e.inputs != nil {
		p.Inputs = e.inputs(&r, v, values)
	}
	empty, untouched := r.isEmpty(), e.inputs != nil && values.Get(page.FilledName) == ""
	will, _, problem, err := e.apply(&r, v, values)
	if p.Problem, p.Will = problem, will; err != nil || problem != "" {
		if untouched {
			p.Problem = "" // nobody has filled it in yet
		}
		return p, err
	}
	if untouched {
		return p, nil // so nothing would move: to look at all devices is not worth its time
	}
	rules, err := rbac.New(r.Groups, r.Rules)
	if err != nil {
		p.Problem = fmt.Sprintf("These rules are refused: %v.", err)
		return p, nil
	}
	told, err := page.Ask(ctx, v.API, supervise.RehearseGroups(rules))
	if err != nil {
		return p, err
	}
	p.Will = append(p.Will, moveTexts(&told)...)
	if is := r.isEmpty(); is != empty {
		from, to := defender.GroupNone, defender.GroupUnassigned
		if is {
			from, to = to, from
		}
		p.Will = append(p.Will, fmt.Sprintf("Devices in no group are called %s in place of %s, so with the next snapshot all of "+
			"their rows count as updated.", to, from))
	}
	return p, nil
}

// isEmpty reports whether there are no groups: then devices in none are called otherwise.
func (r *ruled) isEmpty() bool { return len(r.Groups) == 0 && len(r.Rules) == 0 }

// moveTexts say which devices move.
func moveTexts(told *supervise.Rehearsal) (all []string) {
	const shown = 20
	var rest int64
	for i, m := range told.Moves {
		if i >= shown {
			rest += m.Devices
			continue
		}
		all = append(all, fmt.Sprintf("%s from %s to %s with the next snapshot.", page.Count(m.Devices, "device moves", "devices move"), m.From, m.To))
	}
	if rest > 0 {
		all = append(all, page.Count(rest, "more device moves", "more devices move")+", between "+
			page.Count(int64(len(told.Moves)-shown), "further pair", "further pairs")+" of groups.")
	}
	if len(told.Moves) == 0 {
		return []string{"No device moves; " + page.Count(told.Stay, "device stays where it is.", "devices stay where they are.")}
	}
	return append(all, "Their rows become Fixed in the old group and New in the new one. "+
		page.Count(told.Stay, "device stays where it is.", "devices stay where they are."))
}

// do sets the rules.
func (e *edit) do(ctx context.Context, v *page.Visit, values url.Values) (page.Done, error) {
	r, err := askGroups(ctx, v)
	if err != nil {
		return page.Done{}, err
	}
	before := r
	before.Groups, before.Rules = slices.Clone(r.Groups), slices.Clone(r.Rules)
	_, told, problem, err := e.apply(&r, v, values)
	if err == nil && problem != "" {
		err = edge.Invalid("%s", problem)
	}
	if err != nil {
		return page.Done{}, err
	}
	rules, err := rbac.New(r.Groups, r.Rules)
	if err != nil {
		return page.Done{}, edge.Invalid("%v", err)
	}
	if _, err = page.Ask(ctx, v.API, control.SetGroups(supervise.Body(rules))); err == nil && e.then != nil {
		err = e.then(ctx, v, &before, values)
	}
	return page.Done{Told: told, To: "/access/groups"}, err
}

// nameInput is the field of a name.
func nameInput(label string, values url.Values) page.Input {
	return page.Input{Name: "name", Label: label, Kind: "text", Value: strings.TrimSpace(values.Get("name")), Required: true}
}

// groupOf is the group of a path.
func (r *ruled) groupOf(v *page.Visit) (control.Group, error) {
	for _, g := range r.groups {
		if g.ID > 0 && g.Current && strconv.FormatInt(g.ID, 10) == v.PathValue("id") {
			return g, nil
		}
	}
	return control.Group{}, edge.NotFound("no group %q", edge.Clip(v.PathValue("id")))
}

// newName reads the name of a group that is to be made.
func (r *ruled) newName(values url.Values) (name, problem string) {
	name = strings.TrimSpace(values.Get("name"))
	if err := rbac.CheckNewName(name); err != nil {
		return name, fmt.Sprintf("The name is refused: %v.", err)
	}
	for _, g := range r.groups {
		if g.Current && rbac.IsNamed(g.ID, g.Name, name) {
			return name, fmt.Sprintf("There is a group %q.", g.Name)
		}
	}
	return name, ""
}
