package fleet

import "slices"

// state is the part of a device that may change.
type state struct {
	// system and build are the operating system: an index into the role's
	// systems and into its versions.
	system, build int
	// installed is the version of each of the role's products, as an index
	// into its versions, or absent.
	installed []int
	// hardened says for each of the role's settings whether it is good.
	hardened []bool
}

// absent is the version of a product that is not installed.
const absent = -1

// count returns how many products are installed.
func (s *state) count() int {
	n := 0
	for _, at := range s.installed {
		if at != absent {
			n++
		}
	}
	return n
}

// begin returns the device's state at step 0.
func (d *device) begin() *state {
	s := &state{installed: make([]int, len(d.role.products)), hardened: make([]bool, len(d.role.settings))}
	r := roll(d.seed, topicSystem, d.number)
	s.system = d.role.drawSystem(r)
	s.build = d.draw(r, len(d.role.systems[s.system].versions), systemCare)
	r = roll(d.seed, topicSoftware, d.number)
	for i, p := range d.role.products {
		s.installed[i] = absent
		if r.chance(p.share()) {
			s.installed[i] = d.draw(r, len(p.versions()), productCare)
		}
	}
	r = roll(d.seed, topicSettings, d.number)
	for i := range d.role.settings {
		s.hardened[i] = r.chance(d.role.settings[i].on)
	}
	return s
}

// How much products and operating systems of a neglected device are behind: organizations update
// the latter first.
const (
	productCare = 1.4
	systemCare  = 0.6
)

// draw returns which of n versions, oldest first, the device has: the more it is behind, the
// older, scaled by care.
func (d *device) draw(r dice, n int, care float64) int {
	behind := d.lag * care * (0.5 + r.Float64())
	return max(0, n-1-int(behind*float64(n)))
}

// change applies the changes of a step: one to three, each to something else.
func (d *device) change(s *state, step int) {
	r := roll(d.seed, topicChange, d.number, step)
	touched := map[int]bool{}
	for range 1 + r.IntN(3) {
		switch kind := r.IntN(100); {
		case kind < 60 && d.upgrade(s, r, touched):
		case kind < 75 && d.add(s, r, touched):
		case kind < 85 && d.remove(s, r, touched):
		default:
			d.turn(s, r, touched)
		}
	}
}

// The keys of touched besides products: the operating system, and the one setting that a step
// toggles.
const (
	theSystem = -1 - iota
	theSetting
)

// upgrade brings one product, or the operating system, to a newer version, and reports whether
// there was one.
func (d *device) upgrade(s *state, r dice, touched map[int]bool) bool {
	var old []int
	for i, at := range s.installed {
		if at != absent && at < len(d.role.products[i].versions())-1 && !touched[i] {
			old = append(old, i)
		}
	}
	newest := len(d.role.systems[s.system].versions) - 1
	if s.build < newest && !touched[theSystem] {
		old = append(old, theSystem)
	}
	if len(old) == 0 {
		return false
	}
	i := one(r, old)
	touched[i] = true
	if i == theSystem {
		s.build += 1 + r.IntN(newest-s.build)
		return true
	}
	s.installed[i] += 1 + r.IntN(len(d.role.products[i].versions())-1-s.installed[i])
	return true
}

// add installs something in its newest version.
func (d *device) add(s *state, r dice, touched map[int]bool) bool {
	missing := d.candidates(s, touched, func(i, at int) bool { return at == absent })
	if len(missing) == 0 {
		return false
	}
	i := one(r, missing)
	touched[i] = true
	s.installed[i] = len(d.role.products[i].versions()) - 1
	return true
}

// remove uninstalls something that not every device has.
func (d *device) remove(s *state, r dice, touched map[int]bool) bool {
	optional := d.candidates(s, touched, func(i, at int) bool { return at != absent && d.role.products[i].share() < 90 })
	if len(optional) == 0 {
		return false
	}
	i := one(r, optional)
	touched[i] = true
	s.installed[i] = absent
	return true
}

// candidates returns the products that fit and that this step has not touched.
func (d *device) candidates(s *state, touched map[int]bool, fits func(i, at int) bool) []int {
	list := make([]int, 0, len(s.installed))
	for i, at := range s.installed {
		if fits(i, at) && !touched[i] {
			list = append(list, i)
		}
	}
	return slices.Clip(list)
}

// turn toggles one setting, once per step, so that it is not toggled back.
func (d *device) turn(s *state, r dice, touched map[int]bool) {
	if touched[theSetting] {
		return
	}
	touched[theSetting] = true
	i := r.IntN(len(s.hardened))
	s.hardened[i] = !s.hardened[i]
}
