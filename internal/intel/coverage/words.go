package coverage

import "fmt"

// Text returns the state for people: "not assessed".
func (s State) Text() string {
	switch s {
	case NotAssessed:
		return "not assessed"
	case Partly:
		return "partly assessed"
	}
	return s.String()
}

// ParseState returns the state with a name of State.String.
func ParseState(name string) (State, error) {
	for s := NotAssessed; s <= Assessed; s++ {
		if s.String() == name {
			return s, nil
		}
	}
	return 0, fmt.Errorf("%q is no state of coverage: want %s, %s or %s", name, NotAssessed, Partly, Assessed)
}

// ParseReason returns the reason with a name of Reason.String.
func ParseReason(name string) (Reason, error) {
	for r := NoReason; int(r) < ReasonCount; r++ {
		if r.String() == name {
			return r, nil
		}
	}
	return 0, fmt.Errorf("%q is no reason of coverage", name)
}
