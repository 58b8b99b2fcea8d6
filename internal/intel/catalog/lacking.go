package catalog

import (
	"slices"

	"github.com/muster-project/muster/internal/intel/update"
)

// Lacking is an update that a system lacks.
type Lacking struct {
	update.Update
	// CVEs are those of the system that it fixes, by itself or by what it replaces, ascending.
	CVEs []string
}

// LackingUpdates returns the fewest updates that fix those CVEs of an operating system that updates fix, the newest of
// those that replace each other; what fixes most is first. There are none for a component that is no system, and for
// one of which no feed has updates.
func LackingUpdates(c *Catalog, r Component, cves []string) []Lacking {
	r = Reduced(c, bounded(r))
	found := resolver{c}.resolve(&r)
	updater{c}.update(&r, &found)
	if found.updates == nil {
		return nil
	}
	var affected []uint32
	for _, cve := range cves {
		if vuln, ok := c.findVuln(cve); ok {
			affected = append(affected, vuln)
		}
	}
	slices.Sort(affected)
	var list []Lacking
	for _, u := range found.updates.Lacking(affected) {
		one := Lacking{Update: u.Update}
		for _, vuln := range u.CVEs {
			one.CVEs = append(one.CVEs, c.cves[vuln].id)
		}
		list = append(list, one)
	}
	return list
}
