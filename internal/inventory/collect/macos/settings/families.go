package settings

import (
	"slices"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
	"github.com/muster-project/muster/internal/inventory/collect/facts/policy"
)

// shared are the families of programs that Linux has as well.
var shared = [...]string{"sshd", "sudo"}

// Families returns all families of a Mac; doc/facts.md describes them.
func Families() []Family {
	all := slices.Concat(preferenceFamilies(), toolFamilies(), []Family{
		{"launchd", launchd},
		{"audit_control", auditControl},
		{"accounts_macos", accounts},
		{"homes", homes},
	})
	for _, f := range slices.Concat(facts.Families(), policy.Families()) {
		if slices.Contains(shared[:], f.Name) {
			all = append(all, Family{f.Name, func(m *Machine) (*facts.Found, error) { return f.Read(m.Machine) }})
		}
	}
	return all
}
