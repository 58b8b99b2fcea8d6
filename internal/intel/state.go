package intel

import "fmt"

// FixState is what a publisher says of a fix that is not there.
type FixState uint8

// The states.
const (
	// FixUnstated says nothing beyond Fix.Available.
	FixUnstated FixState = iota
	// FixPending says that there is no fix yet.
	FixPending
	// FixDeferred says that a fix may come with a later update, and that none is made for this flaw alone.
	FixDeferred
	// FixDeclined says that the publisher will not fix it.
	FixDeclined
	// FixEnded says that the release or the package gets no fixes any more.
	FixEnded
	// FixInvestigated says that the publisher does not know yet whether the package is affected. A statement
	// in this state says that no version is affected, and makes no finding.
	FixInvestigated
	fixStates
)

// String returns the state's name in replies; "" if nothing is stated.
func (s FixState) String() string {
	switch s {
	case FixPending:
		return "pending"
	case FixDeferred:
		return "deferred"
	case FixDeclined:
		return "wontFix"
	case FixEnded:
		return "endOfLife"
	case FixInvestigated:
		return "underInvestigation"
	}
	return ""
}

// ParseFixState is the opposite of String.
func ParseFixState(name string) (FixState, error) {
	for s := FixUnstated; s < fixStates; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return FixUnstated, fmt.Errorf("state of a fix %.40q: not known", name)
}

// Text returns the state as a clause for people; "" if nothing is stated.
func (s FixState) Text() string {
	switch s {
	case FixPending:
		return "no fix yet"
	case FixDeferred:
		return "the fix is deferred"
	case FixDeclined:
		return "will not be fixed"
	case FixEnded:
		return "no more fixes, support has ended"
	case FixInvestigated:
		return "under investigation"
	}
	return ""
}
