package benchmark

import "strings"

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
		"cmdline":        {"cmdline_running", "cmdline"},
		"firewall_macos": {"firewall_macos_running", "firewall_macos"},
		"gatekeeper":     {"gatekeeper_running", "gatekeeper"},
		"modules":        {"modules_running", "modules"},
		"mounts":         {"mounts_running", "mounts"},
		"sysctl":         {"sysctl_running", "sysctl"},
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

// notAsked is the reason of a check whose families are not in the report.
func notAsked(families []string) string { return "not in the report: " + strings.Join(families, ", ") }
