package fleet

// role is a kind of device.
type role struct {
	// prefix begins the names of its devices.
	prefix, tag  string
	architecture string
	systems      []system
	products     []product
	// settings are facts and results that differ between devices; never empty.
	settings []setting
	// defaults are facts that all devices share.
	defaults []setting
	// distribution is how packages are written, on Linux.
	distribution distribution
	hotfixes     []string
}

// system is an operating system of a role's devices.
type system struct {
	// weight is how often it is drawn, relative to the role's others.
	weight   int
	platform string
	versions []string // oldest first
}

// drawSystem returns an index into the role's systems.
func (r *role) drawSystem(dice dice) int {
	total := 0
	for _, s := range r.systems {
		total += s.weight
	}
	at := dice.IntN(total)
	for i, s := range r.systems {
		if at -= s.weight; at < 0 {
			return i
		}
	}
	return 0
}
