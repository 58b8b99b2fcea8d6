package access

import (
	"context"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/web/page"
)

// renamesGroup gives the rules of a group another name. A number never means another group (decision 18), so this is a
// new group into which the devices move. Clients that see the old one by name see both, so that nobody loses sight of
// a device.
func renamesGroup() *edit {
	return &edit{title: "Rename a group", verb: "Rename the group",
		lead: "The new name is a new group with a number of its own: rows of the past keep the old one.",
		inputs: func(_ *ruled, _ *page.Visit, values url.Values) []page.Input {
			return []page.Input{page.Filled(), nameInput("New name", values)}
		},
		apply: func(r *ruled, v *page.Visit, values url.Values) ([]string, string, string, error) {
			g, err := r.groupOf(v)
			if err != nil {
				return nil, "", "", err
			}
			name, problem := r.newName(values)
			r.Groups, r.Rules = slices.Clone(r.Groups), slices.Clone(r.Rules)
			rules := int64(0)
			for i := range r.Groups {
				if strings.EqualFold(r.Groups[i], g.Name) {
					r.Groups[i] = name
				}
			}
			for i := range r.Rules {
				if strings.EqualFold(r.Rules[i].Group, g.Name) {
					r.Rules[i].Group, rules = name, rules+1
				}
			}
			will := []string{fmt.Sprintf("%s of %q get the name %q.", page.Count(rules, "rule", "rules"), g.Name, name)}
			if g.Clients > 0 {
				will = append(will, fmt.Sprintf("%s that see %q by name will see %q, too.", page.Count(g.Clients, "client", "clients"), g.Name, name))
			}
			will = append(will, fmt.Sprintf("Devices whose reports name %q are no longer in it: they go where the rules put them.", g.Name))
			return will, fmt.Sprintf("The group %q is called %q.", g.Name, name), problem, nil
		},
		then: widen}
}

// widen lets the clients that see a group see its new name, too.
func widen(ctx context.Context, v *page.Visit, before *ruled, values url.Values) error {
	g, err := before.groupOf(v)
	if err != nil {
		return err
	}
	all, err := page.Ask(ctx, v.API, control.ListClients())
	if err != nil {
		return err
	}
	for _, c := range all.Clients {
		if !slices.ContainsFunc(c.Groups, func(name string) bool { return rbac.IsNamed(g.ID, g.Name, name) }) {
			continue
		}
		change := control.ClientChange{Groups: append(slices.Clone(c.Groups), strings.TrimSpace(values.Get("name")))}
		if _, err := page.Ask(ctx, v.API, control.ChangeClient(c.ID, change)); err != nil {
			return fmt.Errorf("the group is renamed, but client %q does not see the new name: %v", c.Name, err)
		}
	}
	return nil
}
