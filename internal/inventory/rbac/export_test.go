package rbac

import "github.com/muster-project/muster/internal/inventory"

// Steps is how much work it takes to place a device, counted on where more than
// MaxWork is done only as far as that takes to end.
func (r *Rules) Steps(d inventory.Device) int {
	w := work{MaxWork}
	r.first(foldDevice(d), &w)
	return MaxWork - w.left
}
