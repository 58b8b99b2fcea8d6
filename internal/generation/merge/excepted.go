package merge

import (
	"fmt"
	"iter"

	"github.com/muster-project/muster/internal/assess"
	"github.com/muster-project/muster/internal/except"
	"github.com/muster-project/muster/internal/inventory/rbac"
	"github.com/muster-project/muster/internal/snapshot"
)

// excepted returns what exceptions decide about the device of an entry, and how much they hide.
func (w *Worker) excepted(group int64, s *snapshot.Sheet, e *snapshot.Entry) (sum [16]byte, hidden int64, err error) {
	if w.run.excepted.Empty() || group == rbac.HiddenGroup {
		return sum, 0, nil
	}
	all, err := w.assessor.Decisions(Keys(s, e), except.Place{Device: e.ID, Group: group})
	if err != nil {
		return sum, 0, fmt.Errorf("reading a component of a sheet: %w: %w", err, snapshot.ErrDamaged)
	}
	return assess.Excepts(all), assess.Hidden(all), nil
}

// Keys lists the keys of the components of an entry.
func Keys(s *snapshot.Sheet, e *snapshot.Entry) iter.Seq[string] {
	return func(yield func(string) bool) {
		for _, i := range e.Components {
			if !yield(s.Components[i].Key) {
				return
			}
		}
	}
}

// decided lists what exceptions decide about the device in w.output.
func (w *Worker) decided(at except.Place) ([]assess.Decision, error) {
	if w.run.excepted.Empty() {
		return nil, nil
	}
	return w.assessor.Decisions(func(yield func(string) bool) {
		for i := range w.output.Components {
			if !yield(w.output.Components[i].Key) {
				return
			}
		}
	}, at)
}
