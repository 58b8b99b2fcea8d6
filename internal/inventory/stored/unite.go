package stored

import (
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// uniteSections adds the sections of a later report.
func uniteSections(r, part *inventory.Report) {
	r.Software = unite(r.Software, part.Software)
	r.Hotfixes = unite(r.Hotfixes, part.Hotfixes)
	uniteFacts(r, part)
	r.Configurations = uniteConfigurations(r.Configurations, part.Configurations)
}

// unite joins two lists; the result is nil only if both are.
func unite[T any](a, b []T) []T {
	if a == nil {
		return b
	}
	return append(a, b...)
}

// uniteConfigurations merges results by id; the later replaces the earlier.
func uniteConfigurations(earlier, later []inventory.Configuration) []inventory.Configuration {
	if earlier == nil {
		return later
	}
	newer := make(map[string]bool, len(later))
	for _, c := range later {
		newer[c.ConfigurationID] = true
	}
	kept := slices.DeleteFunc(earlier, func(c inventory.Configuration) bool { return newer[c.ConfigurationID] })
	return append(kept, later...)
}

// uniteFacts merges the facts of a later report by family: a family of the later replaces the whole
// family, because an absent name in it means that it is not set. A family that the later could not read at
// all replaces nothing that was read.
func uniteFacts(r, later *inventory.Report) {
	if r.Facts == nil && later.Facts != nil {
		r.Facts = inventory.Facts{}
	}
	for family := range families(later) {
		if _, read := later.Facts[family]; !read && r.Facts[family] != nil {
			continue
		}
		dropFamily(r, family)
		r.Facts = put(r.Facts, family, later.Facts[family])
		r.Origins = put(r.Origins, family, later.Origins[family])
		r.Unread = put(r.Unread, family, later.Unread[family])
	}
}

// families returns the names of the families of which a report says anything.
func families(r *inventory.Report) map[string]bool {
	all := map[string]bool{}
	for _, facts := range [...]inventory.Facts{r.Facts, r.Unread} {
		for family := range facts {
			all[family] = true
		}
	}
	return all
}

// dropFamily removes a family, and what is known of it.
func dropFamily(r *inventory.Report, family string) {
	for _, facts := range [...]inventory.Facts{r.Facts, r.Origins, r.Unread} {
		delete(facts, family)
	}
}

// put sets a family, unless it is nil.
func put(into inventory.Facts, family string, facts map[string]string) inventory.Facts {
	if facts == nil {
		return into
	}
	if into == nil {
		into = inventory.Facts{}
	}
	into[family] = facts
	return into
}
