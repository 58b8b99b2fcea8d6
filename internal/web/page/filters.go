package page

import (
	"net/url"
	"slices"
	"strconv"
	"strings"
	"sync"

	"github.com/muster-project/muster/internal/console/coverages"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/store/publication"
)

// field is a filter of a list, as the form has it.
type field struct {
	Name, Label, Value string
	// Hidden: the value has characters that cannot be seen, so that nobody could edit it.
	Hidden bool
	// Choices are those of a choice; a text has none.
	Choices []choice
}

// choice is one of a field's choices.
type choice struct {
	Value, Label string
	Chosen       bool
}

// chip is a filter that is set, with the address without it.
type chip struct{ Label, Without string }

// labels are the names of filters for people.
func labels() map[string]string {
	return map[string]string{"q": "Text", "severity": "Severity", "kev": "In KEV", "exploited": "Known exploit", "fix": "Fix",
		"min-epss": "EPSS at least", "due-before": "Due before", "software": "Software", "device": "Device", "group": "Group",
		"tag": "Tag", "since": "Since", "cve": "CVE", "state": "Assessed", "reason": "Reason", "silent": "Silent",
		"fails": "Fails check", "from": "Since snapshot", "snapshot": "Up to snapshot", "dataset": "Of", "status": "Change"}
}

// choices are those of filters that have some, with their labels.
func choices(name string) [][2]string {
	switch name {
	case "severity":
		return [][2]string{{"", "any"}, {"critical", "critical"}, {"critical,high", "high and above"},
			{"critical,high,medium", "medium and above"}, {"high", "high"}, {"medium", "medium"}, {"low", "low"}, {"none", "unrated"}}
	case "kev", "exploited", "silent":
		return [][2]string{{"", "any"}, {"true", "yes"}}
	case "fix":
		return [][2]string{{"", "any"}, {"yes", "an update removes it"}, {"no", "no update is known"}}
	case "dataset":
		return [][2]string{{"", "findings"}, {"software", "software"}, {"configurations", "settings"},
			{"no-product-code", "software without a product code"}}
	case "status":
		return [][2]string{{"", "any"}, {"new", "new"}, {"fixed", "fixed"}, {"updated", "changed otherwise"}}
	case "state":
		return [][2]string{{"", "any"}, {"assessed", "assessed"}, {"partly", "partly"}, {"notAssessed", "not assessed"}}
	}
	return nil
}

// fieldsOf are the fields of the form of a list. Filters that only links set are in the form when they are set.
func fieldsOf(names []string, a *address, v *Visit) (all []field) {
	rare := []string{"cve", "software", "device", "tag", "since", "min-epss", "due-before", "reason", "fails", "state", "silent"}
	snapshots := sync.OnceValue(func() [][2]string { return snapshotChoices(v) })
	for _, name := range names {
		value := a.values.Get(name)
		if slices.Contains(rare, name) && value == "" {
			continue
		}
		f := field{Name: name, Label: labels()[name], Value: value, Hidden: plain.Inline(value) != value}
		options := choices(name)
		switch {
		case name == "reason" && slices.Contains(names, "status"):
			options = fixedChoices()
		case name == "snapshot":
			options = snapshots()
		case name == "from" && snapshots() != nil:
			options = append([][2]string{{"", "of a day before"}}, snapshots()...)
		}
		if name == "group" {
			if options = groupChoices(v); len(options) < 3 && value == "" {
				continue // there is nothing to choose
			}
		}
		found := false
		for _, o := range options {
			f.Choices = append(f.Choices, choice{o[0], o[1], o[0] == value})
			found = found || o[0] == value
		}
		if options != nil && !found {
			f.Choices = append(f.Choices, choice{value, value, true})
		}
		all = append(all, f)
	}
	return all
}

// snapshotChoices are the snapshots that are kept, the newest first; none if they cannot be told.
func snapshotChoices(v *Visit) (all [][2]string) {
	ctx, cancel := v.Within()
	defer cancel()
	known, err := Ask(ctx, v.API, control.ListGenerations())
	if err != nil {
		return nil
	}
	for _, g := range known.Generations {
		if g.State == string(publication.Sealed) && g.GeneratedTime != nil {
			number := strconv.FormatInt(g.Number, 10)
			all = append(all, [2]string{number, number + ", " + Instant(*g.GeneratedTime)})
		}
	}
	return all
}

// fixedChoices are why findings are fixed.
func fixedChoices() [][2]string {
	all := [][2]string{{"", "any"}}
	for _, r := range why.All() {
		all = append(all, [2]string{r.String(), r.Text()})
	}
	return all
}

// groupChoices are the groups that the caller sees.
func groupChoices(v *Visit) [][2]string {
	all := [][2]string{{"", "all of mine"}}
	for _, g := range v.groups() {
		all = append(all, [2]string{g.RBACGroupName, g.RBACGroupName})
	}
	return all
}

// chipsOf are the filters that are set.
func chipsOf(names []string, a *address) (all []chip) {
	for _, name := range names {
		value := a.values.Get(name)
		if value == "" || name == "snapshot" { // every page is of a snapshot
			continue
		}
		all = append(all, chip{labels()[name] + ": " + wordOf(name, value), a.with(name, "")})
	}
	return all
}

// wordOf is the value of a filter for people.
func wordOf(name, value string) string {
	options := choices(name)
	if name == "reason" {
		options = fixedChoices()
		if words := coverages.Reason(value); words != value {
			return words
		}
	}
	for _, o := range options {
		if o[0] == value {
			return o[1]
		}
	}
	return value
}

// commandOf is the question of a list as a command line; "" if the command has no flag for a filter, or a value could
// not be read.
func commandOf(command string, fields []string, a *address) string {
	if command == "" {
		return ""
	}
	words := []string{"muster", command}
	for _, name := range fields {
		switch value := a.values.Get(name); {
		case value == "":
		case slices.Contains([]string{"state", "reason", "silent", "fails"}, name), plain.Inline(value) != value:
			return ""
		case isFlag(name):
			words = append(words, "--"+name)
		default:
			words = append(words, "--"+name, quoted(value))
		}
	}
	return strings.Join(words, " ")
}

// quoted is a word of a shell.
func quoted(value string) string {
	plain := strings.IndexFunc(value, func(r rune) bool {
		return !(r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("-_./,:+@", r))
	}) < 0
	if plain {
		return value
	}
	return "'" + strings.ReplaceAll(value, "'", `'\''`) + "'"
}

// callOf is the question as a call of the API.
func callOf(call string, a *address) string {
	values := url.Values{}
	rename := map[string]string{"min-epss": "minEpss", "due-before": "dueBefore"}
	for name := range a.values {
		if name == "rows" || name == "page" || name == "snapshot" {
			continue
		}
		to := name
		if rename[name] != "" {
			to = rename[name]
		}
		values.Set(to, a.values.Get(name))
	}
	address := "GET /v1/" + call
	if len(values) > 0 {
		address += "?" + values.Encode()
	}
	return address
}
