package coverage

import (
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/counts"
)

// Sum counts how far devices were assessed. Devices whose coverage is unknown are in none of the
// counts.
type Sum struct {
	Devices  Tallies `json:"devices,omitempty"`
	Software Tallies `json:"software,omitempty"`
	// Wants counts the devices for which something should be imported, by its name: the first
	// thousand names.
	Wants map[string]int64 `json:"wants,omitempty"`
	// Checks counts what checks of settings said. Manifests have it by group, and not in ranges.
	Checks counts.Checks `json:"checks,omitzero"`
}

// Add counts a device.
func (s *Sum) Add(d *Device) {
	s.Checks.Add(&d.Checks)
	if !d.Known() {
		return
	}
	s.Devices.Add(d.State, d.Reason, 1)
	s.Software.AddAll(d.Software)
	for _, want := range d.Wants {
		s.Want(want, 1)
	}
}

// Want counts n more devices for which something should be imported.
func (s *Sum) Want(name string, n int64) {
	if s.Wants == nil {
		s.Wants = map[string]int64{}
	}
	s.Wants[name] += n
	if len(s.Wants) > maxWanted {
		delete(s.Wants, slices.Max(slices.Collect(maps.Keys(s.Wants))))
	}
}

// AddSum adds other counts.
func (s *Sum) AddSum(other *Sum) {
	s.Devices.AddAll(other.Devices)
	s.Software.AddAll(other.Software)
	for want, n := range other.Wants {
		s.Want(want, n)
	}
	s.Checks.Add(&other.Checks)
}

// Equal reports whether the counts are equal, without those of checks.
func (s *Sum) Equal(other *Sum) bool {
	return slices.Equal(s.Devices, other.Devices) && slices.Equal(s.Software, other.Software) &&
		maps.Equal(s.Wants, other.Wants)
}
