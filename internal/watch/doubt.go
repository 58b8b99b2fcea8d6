package watch

import (
	"errors"

	"github.com/muster-project/muster/internal/store/clock"
)

// ErrDoubt matches every DoubtError with errors.Is.
var ErrDoubt = errors.New("in doubt")

// DoubtError says why no generation begins and nothing is removed. The last snapshot stays the
// newest until the doubt ends by itself or a manager ends it.
type DoubtError struct {
	// Reason is for programs. Why is text for those who may see the whole organization.
	Reason clock.Doubt
	Why    string
}

// Error returns the reason as text for people.
func (e *DoubtError) Error() string {
	return "nothing is published or removed while in doubt: " + e.Why
}

// Is makes errors.Is find ErrDoubt.
func (e *DoubtError) Is(target error) bool { return target == ErrDoubt }
