// Package support tells whose support has ended where rows of software say that it has: the software's own, or that of
// the distribution of which it is a package.
package support

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel/ecosystem"
	"github.com/muster-project/muster/internal/inventory"
	"github.com/muster-project/muster/internal/row"
)

// Rank orders states of support in the spelling of rows, the worst last; 0 is none of them.
func Rank(s string) int {
	return slices.Index([]string{defender.VersionEnding, defender.ProductEnding, defender.VersionEnded,
		defender.ProductEnded}, s) + 1
}

// Ended reports whether a state of support in the spelling of rows is one without support.
func Ended(state string) bool { return Rank(state) >= Rank(defender.VersionEnded) }

// System is a release of a Linux distribution. It is no software, but its packages are: what ends with the support of
// the distribution is in their rows.
type System struct {
	// Vendor is that of its packages. Version is the osVersion of its devices, of which counts what the distribution's
	// feeds distinguish ("debian_linux_11"); it is empty if devices do not say it.
	Vendor, Version string
}

// Name returns the name by which the system is shown beside software.
func (s System) Name() string { return cmp.Or(s.Version, s.Vendor+"_of_unknown_release") }

// Title returns what people call it.
func (s System) Title() string { return inventory.SystemName(s.Name()) }

// EndedSystem is a system that has no support any more.
type EndedSystem struct {
	System
	// Status and Date are as rows have them; of several dates the first.
	Status, Date string
	// Devices have packages of it.
	Devices int64
}

// Of tells whose support has ended where a row of software says that it has none: the device's system, if the
// software is one of its packages. ok is false if it is the software's own, or has not ended.
func Of(key *row.SoftwareKey, status, osVersion string) (s System, ok bool) {
	if !Ended(status) || !inventory.IsPackage(key.Vendor, key.Name, key.Version) {
		return s, false
	}
	s.Vendor = key.Vendor
	if id, release, known := inventory.Distribution(osVersion); known && inventory.PackageVendor(id) == s.Vendor {
		s.Version = inventory.OSVersion(id, ecosystem.DistributionOf(id).Class(release))
	}
	return s, true
}

// Merge takes over another end: the worse status, and the first date.
func (s *EndedSystem) Merge(status, date string) {
	if Rank(status) > Rank(s.Status) {
		s.Status = status
	}
	if s.Date == "" || date != "" && date < s.Date {
		s.Date = date
	}
}
