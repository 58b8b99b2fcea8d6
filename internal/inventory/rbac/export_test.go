package rbac

import "github.com/muster-project/muster/internal/inventory"

// Steps returns the work of placing a device. Beyond MaxWork it counts only until the work ends.
func (r *Rules) Steps(d inventory.Device) int {
	w := work{MaxWork}
	r.first(foldDevice(d), &w)
	return MaxWork - w.left
}
