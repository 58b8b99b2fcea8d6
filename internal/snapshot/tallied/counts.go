package tallied

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/intel/coverage"
)

// Counts returns a sum for people; devices is the number of all devices that it is about.
func Counts(c *coverage.Sum, devices int64) *counts.Coverage {
	all := &counts.Coverage{Devices: covered(c.Devices), Software: covered(c.Software),
		Unknown: devices - c.Devices.Sum(), Wants: []counts.Wanted{}}
	for name, n := range c.Wants {
		all.Wants = append(all.Wants, counts.Wanted{Name: name, Devices: n})
	}
	slices.SortFunc(all.Wants, func(a, b counts.Wanted) int {
		return cmp.Or(cmp.Compare(b.Devices, a.Devices), cmp.Compare(a.Name, b.Name))
	})
	return all
}

func covered(all coverage.Tallies) []counts.Covered {
	list := []counts.Covered{}
	for _, t := range all {
		one := counts.Covered{State: t.State.String(), Count: t.N}
		if t.Reason != coverage.NoReason {
			one.Reason = t.Reason.String()
		}
		list = append(list, one)
	}
	return list
}
