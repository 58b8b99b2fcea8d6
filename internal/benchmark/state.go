package benchmark

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// State is what a fact tells of a machine: what runs now, or what its next start will bring.
type State string

// The states, and the word for both in Definition.Judges.
const (
	Running    State = "running"
	Configured State = "configured"
	Both       State = "both"
)

// stateVariable is the variable of the state that is being judged, in checks of families that have two.
const stateVariable = "state"

// Stateful returns the families of which the running and the configured state are facts of their own, with the
// names of both. A check reads such a family by the first name and says in Definition.Judges which state it means.
func Stateful() map[string][2]string {
	return map[string][2]string{
		"modules": {"modules_running", "modules"},
		"mounts":  {"mounts", "mounts_configured"},
		"sysctl":  {"sysctl", "sysctl_configured"},
	}
}

// familyOf returns the family that has the facts of a variable in a state.
func familyOf(name string, state State) string {
	names, ok := Stateful()[name]
	switch {
	case !ok:
		return name
	case state == Running:
		return names[0]
	}
	return names[1]
}

// states returns the states that a check judges.
func (d *Definition) states() []State {
	switch d.Judges {
	case Both:
		return []State{Running, Configured}
	case Running:
		return []State{Running}
	}
	return []State{Configured}
}

// stateful reports whether the check reads a family with two states.
func (d *Definition) stateful() bool {
	all := Stateful()
	return slices.ContainsFunc(d.Facts, func(name string) bool { return all[name] != [2]string{} })
}

// validateState checks that the definition says which state it judges if there are two, and names no family of
// one state by itself, which would be judged without saying so.
func (d *Definition) validateState() error {
	var words []State
	if words = []State{"", Configured}; d.stateful() {
		words = []State{Running, Configured, Both}
	}
	if !slices.Contains(words, d.Judges) {
		return fmt.Errorf("judges %q: want one of %q for facts %q", d.Judges, words, d.Facts)
	}
	for name, names := range Stateful() {
		for _, variant := range names {
			if variant != name && slices.Contains(d.Facts, variant) {
				return fmt.Errorf("facts %q: want %q, and judges says which state", variant, name)
			}
		}
	}
	if slices.Contains(d.Facts, softwareFamily) != (len(d.Software) > 0) {
		return errors.New("facts has software and software names packages, or neither")
	}
	return nil
}

// decision is the verdict of a check, and why it has none.
type decision struct {
	verdict verdict
	reason  string // if the verdict is unknown
}

// unite joins the decisions about the running and the configured state. What runs decides, unless it is fine and
// the next start changes that. What says nothing of the configured state is no objection to what runs.
func (running decision) unite(configured decision) decision {
	switch {
	case running.verdict == notApplicable, running.verdict == nonCompliant:
		return running
	case configured.verdict == nonCompliant:
		return configured
	}
	return running
}

// notAsked is the reason of a check whose families are not in the report.
func notAsked(families []string) string { return "not in the report: " + strings.Join(families, ", ") }
