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
	all := toolFamilies()
	for _, f := range preferenceFamilies() {
		all = append(all, Family{f.Name, within("Library/Preferences", f.Read)})
	}
	all = append(all,
		Family{"launchd", within("private/var/db", launchd)},
		Family{"audit_control", within("private/etc", auditControl)},
		Family{"accounts_macos", accounts},
		Family{"homes", within("Users", homes)},
	)
	for _, f := range slices.Concat(facts.Families(), policy.Families()) {
		if slices.Contains(shared[:], f.Name) {
			all = append(all, Family{f.Name, func(m *Machine) (*facts.Found, error) { return f.Read(m.Machine) }})
		}
	}
	return all
}

// within reads a family where a folder exists that every Mac has. A copy may have one of the volumes alone: what is on
// the other was not asked, and is not unset.
func within(folder string, read func(*Machine) (*facts.Found, error)) func(*Machine) (*facts.Found, error) {
	return func(m *Machine) (*facts.Found, error) {
		if !m.Exists(folder) {
			return nil, nil
		}
		return read(m)
	}
}
