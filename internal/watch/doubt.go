package watch

import (
	"errors"

	"github.com/muster-project/muster/internal/store/clock"
)

// ErrDoubt is what every DoubtError is.
var ErrDoubt = errors.New("in doubt")

// DoubtError says why no generation begins and nothing is removed: the last
// snapshot stays the newest until the doubt ends by itself or by a word.
type DoubtError struct {
	// Reason is for programs, Why for those who see the whole organization.
	Reason clock.Doubt
	Why    string
}

// Error says why, for people.
func (e *DoubtError) Error() string {
	return "nothing is published or removed while in doubt: " + e.Why
}

// Is makes errors.Is find ErrDoubt.
func (e *DoubtError) Is(target error) bool { return target == ErrDoubt }
