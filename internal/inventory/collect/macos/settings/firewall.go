package settings

import (
	"errors"
	"slices"

	"github.com/muster-project/muster/internal/inventory/collect/facts"
)

// firewallFamily is a family of the table of which only older releases have a file.
const firewallFamily = "firewall_macos"

// filelessFirewall is the first version of macOS that does not keep the firewall's settings in com.apple.alf. An
// older file stays, and says nothing any more.
const filelessFirewall = 15

var errFirewall = errors.New("from macOS 15 on only socketfilterfw tells it")

// preferenceFamilies are the families of the table.
func preferenceFamilies() []Family {
	names, all := families()
	var found []Family
	for _, name := range names {
		own := all[name]
		read := func(m *Machine) (*facts.Found, error) { return newPreferences(m).read(own), nil }
		if name == firewallFamily {
			read = func(m *Machine) (*facts.Found, error) { return firewall(m, own), nil }
		}
		found = append(found, Family{name, read})
	}
	return found
}

// firewall reads how the firewall is configured.
func firewall(m *Machine, all []setting) *facts.Found {
	if 0 < m.Major && m.Major < filelessFirewall {
		return newPreferences(m).read(all)
	}
	managed := slices.Clone(all)
	for i := range managed {
		managed[i].places = slices.DeleteFunc(slices.Clone(managed[i].places), func(p place) bool { return p.root == 'L' })
	}
	found := newPreferences(m).read(managed)
	for _, s := range managed {
		if _, set := found.Values[s.fact]; !set && found.Unread[s.fact] == "" {
			found.Unread.Set(s.fact, errFirewall.Error())
		}
	}
	return found
}
