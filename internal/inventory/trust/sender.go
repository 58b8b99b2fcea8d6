package trust

import "slices"

// Role is what kind of sender a report has.
type Role int

const (
	// Nobody may send nothing.
	Nobody Role = iota
	// Own is the credential of one device.
	Own
	// Scoped may write reports, and is limited to some RBAC groups.
	Scoped
	// Fleet may write the reports of all devices of the organization.
	Fleet
	// Manager is a Fleet sender who manages the organization as well.
	Manager
)

// Sender is who sends reports.
type Sender struct {
	Role Role
	// ID tells senders of one organization apart, for their share of what can be
	// stored. Nothing else is decided by it.
	ID string
	// Groups are those that a Scoped sender sees, in ascending order; 0 is that
	// of devices in none.
	Groups []int64
	// Device is the only device of an Own sender. Name is the name it enrolled
	// with, Group the one that its enrolment names, and Trusts what of its
	// identity counts whenever it says it.
	Device, Name, Group string
	Trusts              Fields
}

// Sees tells whether the devices of a group are the sender's business.
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

// FindsByName tells whether a name that the sender says may mean a device that
// was named with a rank and is in a group.
func (s *Sender) FindsByName(rank Rank, group int64) bool {
	switch s.Role {
	case Manager, Fleet:
		return rank != ByScoped
	case Scoped:
		return s.Sees(group)
	}
	return false
}

// Rank is the rank of the devices that the sender names.
func (s *Sender) Rank() Rank {
	switch s.Role {
	case Manager, Fleet:
		return ByFleet
	case Own:
		return ByCredential
	}
	return ByScoped
}

// All is every device of the organization without a limit, for senders who are
// trusted with it: Fleet, and Manager.
func (s *Sender) All() bool { return s.Role == Fleet || s.Role == Manager }
