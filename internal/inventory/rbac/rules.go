package rbac

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// Rules are the groups of one organization and the rules that fill them. The zero Rules have no
// groups. They are immutable and safe for concurrent use.
type Rules struct {
	groups []string // as listed beside the rules
	list   []Rule

	names   []string       // names of all groups, by first mention
	byName  map[string]int // place in names, by folded name
	matches []matcher      // compiled from list
	// exact maps one of a rule's conditions without wildcards to the rule; rules without one are
	// in open. All are in ascending order.
	exact map[exactly][]int
	open  []int
}

// New makes Rules from further groups and rules in their order. Errors wrap ErrInvalid and name
// the place as in JSON ("rules[3].name").
func New(groups []string, rules []Rule) (*Rules, error) {
	r := &Rules{byName: map[string]int{}, exact: map[exactly][]int{}}
	if len(rules) > MaxRules {
		return nil, invalid("rules", "are %d, at most %d are allowed", len(rules), MaxRules)
	}
	for i, name := range groups {
		if _, err := r.addGroup(name); err != nil {
			return nil, within(err, "groups", i)
		}
	}
	for i, rule := range rules {
		if err := r.addRule(rule); err != nil {
			return nil, within(err, "rules", i)
		}
	}
	r.groups = append(r.groups, groups...)
	return r, nil
}

// addGroup returns the place of a group in names, new or not.
func (r *Rules) addGroup(name string) (int, error) {
	if err := CheckName(name); err != nil {
		return 0, err
	}
	at, known := r.byName[fold(name)]
	switch {
	case known && r.names[at] != name:
		return 0, invalid("", "is %q and was spelled %q before", name, r.names[at])
	case known:
		return at, nil
	case len(r.names) == MaxGroups:
		return 0, invalid("", "is %q, but at most %d groups are allowed", name, MaxGroups)
	}
	r.byName[fold(name)] = len(r.names)
	r.names = append(r.names, name)
	return len(r.names) - 1, nil
}

func (r *Rules) addRule(rule Rule) error {
	group, err := r.addGroup(rule.Group)
	if err != nil {
		return inMember(err, "group")
	}
	if err := rule.check(); err != nil {
		return err
	}
	number, m := len(r.list), compile(rule, group)
	if key, ok := m.exactly(); ok {
		r.exact[key] = append(r.exact[key], number)
	} else {
		r.open = append(r.open, number)
	}
	r.list = append(r.list, rule)
	r.matches = append(r.matches, m)
	return nil
}

// Names lists the groups as they are spelled, in the order of their first mention: further groups,
// then those of rules.
func (r *Rules) Names() []string { return append([]string(nil), r.names...) }

// Rules lists the rules in their order.
func (r *Rules) Rules() []Rule { return append([]Rule(nil), r.list...) }

// Without returns the rules without a group, in any case: it is no longer listed, and no rule names it. A
// device that only its rules matched belongs where the other rules put it.
func (r *Rules) Without(group string) (*Rules, error) {
	is := func(name string) bool { return fold(name) == fold(group) }
	return New(slices.DeleteFunc(slices.Clone(r.groups), is),
		slices.DeleteFunc(r.Rules(), func(rule Rule) bool { return is(rule.Group) }))
}

// Group returns the name of a device's group, as the rules spell it: that of the first matching
// rule, else the one named in its reports, if there is such a group. Empty is no group. ErrCostly
// says that the work would exceed MaxWork: the result is then unknown, and not "no group".
func (r *Rules) Group(d inventory.Device, named string) (string, error) {
	if len(r.names) == 0 {
		return "", nil
	}
	w := work{MaxWork}
	first := r.first(foldDevice(d), &w)
	if w.isOver() {
		return "", fmt.Errorf("placing a device that has %d tags by %d rules: %w", len(d.Tags), len(r.list), ErrCostly)
	}
	if first < len(r.list) {
		return r.names[r.matches[first].group], nil
	}
	if at, ok := r.byName[fold(named)]; ok {
		return r.names[at], nil
	}
	return "", nil
}

// GroupByID is Group for a device of which only the id may be used: only rules with this id and no
// other condition count.
func (r *Rules) GroupByID(id, named string) string {
	for _, i := range r.exact[exactly{ofDevice, fold(id)}] {
		if m := &r.matches[i]; m.name == nil && m.tag == nil && m.platform == nil {
			return r.names[m.group]
		}
	}
	if at, ok := r.byName[fold(named)]; ok {
		return r.names[at]
	}
	return ""
}

// first returns the number of the first matching rule; len(r.list) if there is none. Once the work
// is used up the result is not valid.
func (r *Rules) first(d *folded, w *work) int {
	best := len(r.list)
	try := func(candidates []int) {
		for _, i := range candidates {
			if i >= best || w.isOver() {
				return
			}
			if r.matches[i].meets(d, w) {
				best = i
			}
		}
	}
	try(r.exact[exactly{ofDevice, d.id}])
	try(r.exact[exactly{ofDevice, d.called}])
	try(r.exact[exactly{ofName, d.name.folded}])
	for i := range d.tags {
		try(r.exact[exactly{ofTag, d.tags[i].folded}])
	}
	try(r.exact[exactly{ofPlatform, d.platform.folded}])
	try(r.open)
	return best
}

// MarshalJSON writes what Parse reads. Called directly (json.Marshal escapes more) its result is
// never longer than the parsed text, and so within MaxSize.
func (r *Rules) MarshalJSON() ([]byte, error) {
	var text bytes.Buffer
	encoder := json.NewEncoder(&text)
	encoder.SetEscapeHTML(false)
	err := encoder.Encode(struct {
		Groups []string `json:"groups,omitempty"`
		Rules  []Rule   `json:"rules,omitempty"`
	}{r.groups, r.list})
	return bytes.TrimSuffix(text.Bytes(), []byte("\n")), err
}
