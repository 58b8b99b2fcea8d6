package fleet

import (
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/inventory"
)

// report makes the device's report, without a time.
func (d *device) report(s *state) *inventory.Report {
	system := &d.role.systems[s.system]
	r := &inventory.Report{
		Device: inventory.Device{
			ID:             inventory.DeriveID(d.guid("machine"), d.name),
			Name:           d.name,
			OSPlatform:     system.platform,
			OSVersion:      system.versions[s.build],
			OSArchitecture: d.role.architecture,
			Tags:           d.tags,
		},
		Source:         "collect",
		Software:       d.software(s),
		Facts:          d.facts(s),
		Configurations: d.configurations(s),
	}
	if d.role.hotfixes != nil {
		r.Hotfixes = append([]string{}, d.role.hotfixes...)
	}
	return r
}

// software lists what is installed, sorted by name, so that normalizing has nothing to sort:
// entries are large, and moving them would take the most time.
func (d *device) software(s *state) []inventory.Software {
	unsorted := make([]inventory.Software, 0, s.count()*3/2)
	for i, at := range s.installed {
		if at != absent {
			p := d.role.products[i]
			unsorted = p.install(unsorted, &d.host, p.versions()[at])
		}
	}
	order := make([]int, len(unsorted))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int { return strings.Compare(unsorted[a].Name, unsorted[b].Name) })
	list := make([]inventory.Software, len(unsorted))
	for i, at := range order {
		list[i] = unsorted[at]
	}
	return list
}

// facts makes the facts of a device; nil if the role has none.
func (d *device) facts(s *state) inventory.Facts {
	if system := &d.role.systems[s.system]; strings.HasPrefix(system.platform, "Windows") {
		return windowsFacts(system.platform, system.versions[s.build])
	}
	if d.role.defaults == nil {
		return nil
	}
	facts := inventory.Facts{}
	set := func(family, key, value string) {
		if facts[family] == nil {
			facts[family] = make(map[string]string, 24)
		}
		if value != "" {
			facts[family][key] = value
		}
	}
	for i := range d.role.defaults {
		f := &d.role.defaults[i]
		set(f.family, f.key, f.good)
	}
	for i := range d.role.settings {
		f := &d.role.settings[i]
		switch {
		case f.result != nil:
		case s.hardened[i]:
			set(f.family, f.key, f.good)
		default:
			set(f.family, f.key, f.bad)
		}
	}
	return facts
}

// configurations lists the results that come with a report.
func (d *device) configurations(s *state) []inventory.Configuration {
	var list []inventory.Configuration
	for i := range d.role.settings {
		if result := d.role.settings[i].result; result != nil {
			judged := *result
			judged.Applicable, judged.Compliant = true, s.hardened[i]
			list = append(list, judged)
		}
	}
	return list
}
