package coverage

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/counts"
)

// Tally counts things with one state and reason.
type Tally struct {
	State  State  `json:"state"`
	Reason Reason `json:"reason"`
	N      int64  `json:"n"`
}

func (t Tally) compare(other Tally) int {
	return cmp.Or(cmp.Compare(t.State, other.State), cmp.Compare(t.Reason, other.Reason))
}

// Tallies count things by state and reason. They are in order of state and reason, each pair once,
// and no count is zero.
type Tallies []Tally

// Add counts n more things.
func (t *Tallies) Add(s State, r Reason, n int64) {
	if n == 0 {
		return
	}
	more := Tally{s, r, n}
	i, known := slices.BinarySearchFunc(*t, more, Tally.compare)
	if known {
		(*t)[i].N += n
		return
	}
	*t = slices.Insert(*t, i, more)
}

// AddAll adds other counts.
func (t *Tallies) AddAll(other Tallies) {
	for _, more := range other {
		t.Add(more.State, more.Reason, more.N)
	}
}

// Of returns how many things have a state, whatever the reason.
func (t Tallies) Of(s State) (n int64) {
	for _, one := range t {
		if one.State == s {
			n += one.N
		}
	}
	return n
}

// Sum returns how many things are counted.
func (t Tallies) Sum() (n int64) {
	for _, one := range t {
		n += one.N
	}
	return n
}

// principal returns the commonest reason of those that are not wholly assessed; of two, the one
// defined first.
func (t Tallies) principal() Reason {
	var counts [ReasonCount]int64
	most := NoReason
	for _, one := range t {
		if one.State == Assessed || int(one.Reason) >= ReasonCount {
			continue
		}
		counts[one.Reason] += one.N
	}
	for reason, n := range counts {
		if n > counts[most] {
			most = Reason(reason)
		}
	}
	return most
}

// Covered returns the counts in the form for people and programs.
func (t Tallies) Covered() []counts.Covered {
	list := []counts.Covered{}
	for _, one := range t {
		c := CoveredOf(one.State, one.Reason)
		c.Count = one.N
		list = append(list, c)
	}
	return list
}

// CoveredOf returns a state and a reason, which may be none, in the form for people and programs, without a count.
func CoveredOf(s State, r Reason) counts.Covered {
	c := counts.Covered{State: s.String()}
	if r != NoReason {
		c.Reason = r.String()
	}
	return c
}
