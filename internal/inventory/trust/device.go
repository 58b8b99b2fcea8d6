package trust

import (
	"cmp"
	"errors"
	"fmt"
	"slices"

	"github.com/muster-project/muster/internal/inventory"
)

// ErrRefused says that a sender may not write its report. The text is for the sender, and does not
// reveal whether the device exists.
var ErrRefused = errors.New("not allowed")

// refusal is an ErrRefused with a text of its own.
type refusal string

func (r refusal) Error() string { return string(r) }
func (r refusal) Unwrap() error { return ErrRefused }

// The texts for senders.
const (
	notYourDevice refusal = "this client is limited to RBAC groups: it may only write reports of devices that it sees, and of new devices by name without an id"
	notYourGroup  refusal = "a new device would not be in an RBAC group of this client"
	nobody        refusal = "this caller may not write reports"
)

// Device is what is known of a device and matters here.
type Device struct {
	inventory.Device
	// Known says that the device exists. Otherwise only the ID counts.
	Known bool
	Rank  Rank
	// Group is the device's RBAC group; of a hidden device, the group that it was hidden from.
	Group int64
	// Reports says that a credential wrote one of its sources.
	Reports bool
}

// MayWrite reports whether a sender may write reports of a device, which the report names by id,
// or by a name that was resolved.
func (s *Sender) MayWrite(d *Device) error {
	switch s.Role {
	case Manager, Fleet:
		return nil
	case Scoped:
		if d.Known && s.Sees(d.Group) {
			return nil
		}
		return notYourDevice
	case Own:
		if d.ID == s.Device && s.Device != "" {
			return nil
		}
		return refusal(fmt.Sprintf("this credential may only write reports of device %s, not of %s", s.Device, d.ID))
	}
	return nobody
}

// MayMake reports whether a sender may make a device by name that would be in a group.
func (s *Sender) MayMake(group int64) error {
	switch s.Role {
	case Manager, Fleet, Own:
		return nil
	case Scoped:
		if s.Sees(group) {
			return nil
		}
		return notYourGroup
	}
	return nobody
}

// Identify applies what a report says of its device to what is known. What the report only supposes of platform and
// version counts while nothing is known of them. It returns the identity that
// counts, its rank, and the fields that were given, differ from it, and do not count. byID says
// that the report gave the device's id. The id does not change; Place decides groups.
func (s *Sender) Identify(d *Device, said inventory.Device,
	byID bool) (counts inventory.Device, rank Rank, ignored Fields) {
	said = d.unsupposed(said)
	may := s.mayIdentify(d)
	counts, rank = d.Device, d.Rank
	if !d.Known {
		rank = s.Rank()
	}
	counts.Name = s.name(d, said, may)
	if may.Has(Platform) {
		counts.OSPlatform = cmp.Or(said.OSPlatform, counts.OSPlatform)
	}
	if may.Has(Tags) && said.Tags != nil {
		counts.Tags = append([]string(nil), said.Tags...) // nil, not empty, for no tags
	}
	if s.mayVersion(d) {
		counts.OSVersion = cmp.Or(said.OSVersion, counts.OSVersion)
		counts.OSArchitecture = cmp.Or(said.OSArchitecture, counts.OSArchitecture)
	}
	switch {
	case s.All() && byID && said.Name != "":
		rank = ByFleet
	case s.Role == Own && inventory.NameKey(counts.Name) != inventory.NameKey(d.Name):
		rank = ByCredential
	}
	return counts, rank, differing(counts, said)
}

// unsupposed returns what a report says of a device, without what it only supposes and what is known better. A
// supposed version is no help beside another platform.
func (d *Device) unsupposed(said inventory.Device) inventory.Device {
	if !said.Supposed {
		return said
	}
	said.Supposed = false
	if d.OSVersion != "" || d.OSPlatform != "" && d.OSPlatform != said.OSPlatform {
		said.OSVersion = ""
	}
	if d.OSPlatform != "" {
		said.OSPlatform = ""
	}
	return said
}

// mayIdentify returns the fields of a device's identity that a sender may set.
func (s *Sender) mayIdentify(d *Device) Fields {
	trusts := s.Trusts & (Name | Platform | Tags) // never the group
	switch {
	case s.All():
		return Name | Platform | Tags | Group
	case s.Role == Scoped && !d.Known:
		return Name | Platform | Group
	case s.Role == Scoped && d.Rank == ByScoped:
		return Platform
	case s.Role == Own && d.OSPlatform == "": // as for a new device
		return Platform | trusts
	case s.Role == Own:
		return trusts
	}
	return 0
}

// name returns the name that counts. A device made by a credential has the name under which it
// enrolled, unless its names are trusted.
func (s *Sender) name(d *Device, said inventory.Device, may Fields) string {
	switch {
	case s.Role == Own && !d.Known && !s.Trusts.Has(Name):
		return cmp.Or(s.Name, said.Name)
	case may.Has(Name):
		return cmp.Or(said.Name, d.Name)
	}
	return d.Name
}

// mayVersion reports whether a sender may set version and architecture, which are content: a
// Scoped sender may not set those of a device that reports for itself.
func (s *Sender) mayVersion(d *Device) bool {
	return s.All() || s.Role == Own || s.Role == Scoped && !d.Reports
}

// Place returns the name of the group that counts for a device, given the one in a report and the
// one that counted before. A Scoped sender and a credential only place devices that they make.
func (s *Sender) Place(d *Device, said, known string) string {
	switch {
	case s.Role == Own && !d.Known:
		return s.Group
	case s.mayIdentify(d).Has(Group):
		return cmp.Or(said, known)
	}
	return known
}

// differing returns the fields that a report gave and that do not count.
func differing(counts, said inventory.Device) (fields Fields) {
	if said.Name != "" && said.Name != counts.Name {
		fields |= Name
	}
	if said.OSPlatform != "" && said.OSPlatform != counts.OSPlatform {
		fields |= Platform
	}
	if said.Tags != nil && !slices.Equal(said.Tags, counts.Tags) {
		fields |= Tags
	}
	return fields
}
