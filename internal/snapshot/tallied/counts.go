package tallied

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Counts returns a sum for people; devices is the number of all devices that it is about.
func Counts(c *coverage.Sum, devices int64) *counts.Coverage {
	all := &counts.Coverage{Devices: c.Devices.Covered(), Software: c.Software.Covered(),
		Unknown: devices - c.Devices.Sum(), Wants: []counts.Wanted{}}
	for name, n := range c.Wants {
		all.Wants = append(all.Wants, counts.Wanted{Name: name, Devices: n})
	}
	slices.SortFunc(all.Wants, func(a, b counts.Wanted) int {
		return cmp.Or(cmp.Compare(b.Devices, a.Devices), cmp.Compare(a.Name, b.Name))
	})
	return all
}
