package access

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/edge"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/web/page"
)

// groupForms are the forms about groups and rules.
func groupForms() (all []*page.Form) {
	for path, e := range map[string]*edit{
		"/access/groups/add":          addsGroup(),
		"/access/groups/{id}/rename":  renamesGroup(),
		"/access/groups/{id}/remove":  removesGroup(),
		"/access/rules/add":           addsRule(),
		"/access/rules/{rule}/remove": removesRule(),
		"/access/rules/edit":          editsRules(),
	} {
		all = append(all, &page.Form{Path: path, For: edge.Manages(nil), Plan: e.plan, Do: e.do})
	}
	return all
}

func addsGroup() *edit {
	return &edit{title: "Add a group", verb: "Add the group",
		lead: "A group that no rule names has the devices whose reports name it.",
		inputs: func(_ *ruled, _ *page.Visit, values url.Values) []page.Input {
			return []page.Input{page.Filled(), nameInput("Name", values)}
		},
		apply: func(r *ruled, _ *page.Visit, values url.Values) ([]string, string, string, error) {
			name, problem := r.newName(values)
			r.Groups = append(r.Groups, name)
			return []string{fmt.Sprintf("The group %q is listed.", name)}, fmt.Sprintf("The group %q was added.", name), problem, nil
		}}
}

func removesGroup() *edit {
	return &edit{title: "Remove a group", verb: "Remove the group", grave: true,
		lead: "The group leaves the rules, with those that put devices into it. Its number stays its own.",
		apply: func(r *ruled, v *page.Visit, _ url.Values) ([]string, string, string, error) {
			g, err := r.groupOf(v)
			if err != nil {
				return nil, "", "", err
			}
			rules := int64(0)
			is := func(name string) bool { return strings.EqualFold(name, g.Name) }
			for _, one := range r.Rules {
				if is(one.Group) {
					rules++
				}
			}
			r.Groups = slices.DeleteFunc(slices.Clone(r.Groups), is)
			r.Rules = slices.DeleteFunc(slices.Clone(r.Rules), func(one rbac.Rule) bool { return is(one.Group) })
			problem := ""
			if g.Clients > 0 {
				problem = fmt.Sprintf("The group %q is seen by %s: change or remove them first.", g.Name, page.Count(g.Clients, "client", "clients"))
			}
			return []string{fmt.Sprintf("The group %q is removed, with %s.", g.Name, page.Count(rules, "rule", "rules"))},
				fmt.Sprintf("The group %q was removed.", g.Name), problem, nil
		}}
}

func removesRule() *edit {
	return &edit{title: "Remove a rule", verb: "Remove the rule", grave: true,
		apply: func(r *ruled, v *page.Visit, _ url.Values) ([]string, string, string, error) {
			n, err := strconv.Atoi(v.PathValue("rule"))
			if err != nil || n < 1 || n > len(r.Rules) {
				return nil, "", "", edge.NotFound("no rule %q", edge.Clip(v.PathValue("rule")))
			}
			text := ruleText(r.Rules[n-1])
			r.keep(r.Rules[n-1].Group)
			r.Rules = slices.Delete(slices.Clone(r.Rules), n-1, n)
			return []string{fmt.Sprintf("Rule %d is removed: %s.", n, text)}, fmt.Sprintf("The rule was removed: %s.", text), "", nil
		}}
}

// keep lists a group beside the rules, so that it stays when its last rule goes.
func (r *ruled) keep(group string) {
	if !slices.ContainsFunc(r.Groups, func(name string) bool { return strings.EqualFold(name, group) }) {
		r.Groups = append(slices.Clone(r.Groups), group)
	}
}

// ruleText is a rule for people.
func ruleText(r rbac.Rule) string {
	var all []string
	for _, one := range [][2]string{{"device", r.Device}, {"name", r.Name}, {"tag", r.Tag}, {"platform", r.Platform}} {
		if one[1] != "" {
			all = append(all, one[0]+" "+one[1])
		}
	}
	return strings.Join(all, " and ") + " is in " + r.Group
}

func addsRule() *edit {
	return &edit{title: "Add a rule", verb: "Add the rule",
		lead: "A device must meet all conditions that are filled in. Name, tag and platform may have * and ?; device is an id or a whole name.",
		inputs: func(r *ruled, _ *page.Visit, values url.Values) []page.Input {
			text := func(name, label, hint string, needed bool) page.Input {
				return page.Input{Name: name, Label: label, Hint: hint, Kind: "text",
					Value: strings.TrimSpace(values.Get(name)), Required: needed}
			}
			return []page.Input{page.Filled(), text("group", "Group", "a new one is made", true), text("device", "Device", "", false),
				text("name", "Name", "such as web-??.*", false), text("tag", "Tag", "", false), text("platform", "Platform", "such as WindowsServer*", false),
				{Name: "place", Label: "Place", Kind: "number", Value: cmp.Or(values.Get("place"), strconv.Itoa(len(r.Rules)+1)),
					Hint: "1 is asked first"}}
		},
		apply: func(r *ruled, _ *page.Visit, values url.Values) ([]string, string, string, error) {
			text := func(name string) string { return strings.TrimSpace(values.Get(name)) }
			rule := rbac.Rule{Group: text("group"), Device: text("device"), Name: text("name"), Tag: text("tag"), Platform: text("platform")}
			place, err := strconv.Atoi(cmp.Or(text("place"), strconv.Itoa(len(r.Rules)+1)))
			if err != nil || place < 1 || place > len(r.Rules)+1 {
				return nil, "", fmt.Sprintf("Place is %q, must be a whole number from 1 to %d.", edge.Clip(text("place")), len(r.Rules)+1), nil
			}
			if _, err := rbac.New(nil, []rbac.Rule{rule}); err != nil {
				return nil, "", fmt.Sprintf("The rule is refused: %v.", err), nil
			}
			if g, err := control.NamedGroup(r.groups, rule.Group); err == nil && g.Current {
				rule.Group = g.Name // as it is spelled
			}
			r.Rules = slices.Insert(slices.Clone(r.Rules), place-1, rule)
			return []string{fmt.Sprintf("Rule %d of %d: %s.", place, len(r.Rules), ruleText(rule))},
				fmt.Sprintf("The rule was added: %s.", ruleText(rule)), "", nil
		}}
}

func editsRules() *edit {
	return &edit{title: "All rules as JSON", verb: "Replace the rules", grave: true,
		inputs: func(r *ruled, _ *page.Visit, values url.Values) []page.Input {
			text := values.Get("rules")
			if values.Get(page.FilledName) == "" {
				text = r.text()
			}
			return []page.Input{page.Filled(), {Name: "rules", Label: "Rules", Kind: "long", Value: text, Required: true,
				Hint: "as muster group set reads them; larger files than a form takes are for that command"}}
		},
		apply: func(r *ruled, _ *page.Visit, values url.Values) ([]string, string, string, error) {
			before, rules := r.text(), int64(len(r.Rules))
			text := values.Get("rules")
			if values.Get(page.FilledName) == "" {
				text = before
			}
			parsed, err := rbac.Parse([]byte(text))
			if err != nil {
				return nil, "", fmt.Sprintf("The rules are refused: %v.", err), nil
			}
			r.Rules, r.Groups = parsed.Rules(), nil
			for _, name := range parsed.Names() {
				if !slices.ContainsFunc(r.Rules, func(one rbac.Rule) bool { return strings.EqualFold(one.Group, name) }) {
					r.Groups = append(r.Groups, name)
				}
			}
			sum := sha256.Sum256([]byte(before))
			return []string{fmt.Sprintf("%s of now (edition %s) are replaced by %s.", page.Count(rules, "rule", "rules"), hex.EncodeToString(sum[:4]),
				page.Count(int64(len(r.Rules)), "rule", "rules"))}, "The rules were replaced.", "", nil
		}}
}

// text is the JSON of groups and rules.
func (r *ruled) text() string {
	rules, err := rbac.New(r.Groups, r.Rules)
	if err != nil {
		return ""
	}
	text, err := rules.MarshalJSON()
	if err != nil {
		return ""
	}
	return strings.ReplaceAll(string(text), `},{"group"`, "},\n {\"group\"")
}
