package coverage

import (
	"slices"

	"github.com/muster-project/muster/internal/counts"
)

// Device is the coverage of one device. The zero Device was not looked at since devices have a
// coverage: it is unknown.
type Device struct {
	State State
	// Reason is the principal one: that of the platform, or else the commonest of its software.
	Reason Reason
	// Software counts pieces of software: distinct components, the operating system among them if
	// it is a product of its own (Windows, macOS).
	Software Tallies
	// Feeds are the feeds that were asked, Wants what should be imported to assess the rest. Both
	// are ascending.
	Feeds, Wants []string
	// Checks counts what checks of settings said. Who reads it must not change it.
	Checks counts.Checks
}

// Known reports whether the device was looked at.
func (d *Device) Known() bool { return d.State != NotAssessed || d.Reason != NoReason }

// The bounds of what is wanted: names follow from what reports say, which may be anything. Of more
// names those that come first in the alphabet are kept, so that it does not matter in which order
// devices are added up.
const (
	maxWant   = 100  // bytes of a name
	maxWants  = 32   // names of a device
	maxWanted = 1000 // names of a Sum
)

// Judge collects what is known of one device. Use a new one for each.
type Judge struct {
	// Old has the names of feeds that are older than their limit, ascending.
	Old      []string
	software Tallies
	feeds    []string
	wants    []string
}

// Software adds a piece of software.
func (j *Judge) Software(a Answer) {
	state, reason := j.ask(a)
	j.software.Add(state, reason, 1)
}

// ask notes which feeds were asked or are missing, and returns state and reason.
func (j *Judge) ask(a Answer) (State, Reason) {
	a = a.Aged(j.Old)
	j.feeds = join(j.feeds, a.Feeds...)
	if a.Wants != "" && len(a.Wants) <= maxWant {
		j.want(a.Wants)
	}
	return a.State, a.Reason
}

// Device returns the coverage of the device by the answer on its platform. Without the platform
// nothing is assessed, whatever other software it has: nobody looked at what the device runs on. Of
// a report that names no platform (nil), an SBOM for example, the software alone decides, and what
// it runs on is missing.
func (j *Judge) Device(platform *Answer) Device {
	d := Device{Software: j.software}
	looked := j.software.Of(Assessed) + j.software.Of(Partly)
	switch {
	case platform != nil:
		d.State, d.Reason = j.ask(*platform)
	case looked > 0:
		d.State, d.Reason = Partly, ReleaseUnknown
	default:
		d.Reason = ReleaseUnknown
	}
	if d.State == Assessed && j.software.Of(Assessed) < j.software.Sum() {
		d.State, d.Reason = Partly, j.software.principal()
	}
	slices.Sort(j.feeds)
	d.Feeds, d.Wants = j.feeds, j.wants
	return d
}

// want adds a name in its place.
func (j *Judge) want(name string) {
	i, known := slices.BinarySearch(j.wants, name)
	if known || i >= maxWants {
		return
	}
	j.wants = slices.Insert(j.wants, i, name)
	j.wants = j.wants[:min(len(j.wants), maxWants)]
}

// join adds those names that are not there yet. They are few.
func join(names []string, more ...string) []string {
	for _, name := range more {
		if !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	return names
}
