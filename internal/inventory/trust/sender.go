package trust

import "slices"

// Role is the kind of a report's sender.
type Role int

const (
	// Nobody may send no reports.
	Nobody Role = iota
	// Own is the credential of one device.
	Own
	// Scoped may write reports, limited to some RBAC groups.
	Scoped
	// Fleet may write the reports of all devices of the organization.
	Fleet
	// Manager is a Fleet sender who manages the organization as well.
	Manager
)

// Sender is the sender of reports.
type Sender struct {
	Role Role
	// ID distinguishes senders of one organization, for sharing the throughput. It decides nothing
	// else.
	ID string
	// Groups are those that a Scoped sender sees, ascending; 0 is no group.
	Groups []int64
	// Device is the only device of an Own sender. Name is the name under which it enrolled, Group
	// the group of its enrolment, and Trusts the fields of its identity that count whenever it
	// gives them.
	Device, Name, Group string
	Trusts              Fields
}

// Sees reports whether the sender may see the devices of a group.
func (s *Sender) Sees(group int64) bool {
	switch s.Role {
	case Manager, Fleet:
		return true
	case Scoped:
		_, found := slices.BinarySearch(s.Groups, group)
		return found
	}
	return false
}

// FindsByName reports whether a name from the sender may mean a device with a rank in a group.
func (s *Sender) FindsByName(rank Rank, group int64) bool {
	switch s.Role {
	case Manager, Fleet:
		return rank != ByScoped
	case Scoped:
		return s.Sees(group)
	}
	return false
}

// Rank returns the rank of devices that the sender names.
func (s *Sender) Rank() Rank {
	switch s.Role {
	case Manager, Fleet:
		return ByFleet
	case Own:
		return ByCredential
	}
	return ByScoped
}

// All reports whether the sender is trusted with every device of the organization: Fleet and
// Manager.
func (s *Sender) All() bool { return s.Role == Fleet || s.Role == Manager }
