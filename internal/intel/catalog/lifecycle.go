package catalog

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel/subject"
	"github.com/muster-project/muster/internal/intel/support"
	"github.com/muster-project/muster/internal/intel/table"
)

// ends returns the end of support of a release line and of the product.
func (c *Catalog) ends(found *resolution) (versionEnd, productEnd support.End) {
	lifecycle, ok := c.findLifecycle(found)
	if !ok {
		return support.End{}, support.End{}
	}
	cycles := c.cyclesOf(lifecycle, found.cyclePrefix)
	installed := cmp.Or(found.cycleVersion, found.installed)
	if found.cyclePrefix != "" {
		return cycles.OfBuild(installed), cycles.OfProduct()
	}
	return cycles.OfVersion(installed), cycles.OfProduct()
}

// findLifecycle returns the row with the product's life cycle.
func (c *Catalog) findLifecycle(found *resolution) (row int, ok bool) {
	keys := []string{table.SlugKey + found.lifecycle, found.purl}
	for _, p := range found.pairs {
		if _, name, ok := strings.Cut(p.Subject, ":"); ok && !strings.HasPrefix(p.Subject, subject.PackagePrefix) {
			keys = append(keys, table.PairKey+name)
		}
	}
	for _, key := range keys {
		if id, ok := c.texts.Find(key); ok && key != "" {
			if i, ok := slices.BinarySearch(c.lifecycles.key, id); ok {
				return i, true
			}
		}
	}
	return 0, false
}

func (c *Catalog) cyclesOf(row int, prefix string) (list support.Cycles) {
	for _, one := range c.tables[c.lifecycles.feed[row]].Lifecycle(c.lifecycles.row[row]).Cycles {
		if strings.HasPrefix(one.Name, prefix) {
			end := support.EndAt(one.Ended, table.Time(one.EndsAt))
			list = append(list, support.Cycle{Name: one.Name, Latest: one.Latest, End: end})
		}
	}
	return list
}
