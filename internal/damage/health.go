package damage

import (
	"sync"
	"time"
)

// everybody stands for what all organizations share, among their ids.
const everybody = ""

// Health is what was found when everything was verified last.
type Health struct {
	// Time is when that ended; zero: not yet.
	Time time.Time
	// Problems is how many there were, by organization; those of the database
	// and of intelligence, which all share, have the empty name.
	Problems map[string]int
}

// Sum is the number of all problems.
func (h Health) Sum() (n int) {
	for _, problems := range h.Problems {
		n += problems
	}
	return n
}

// verified remembers what was found last.
type verified struct {
	mu    sync.Mutex
	found Health
}

// set notes what was found of one organization.
func (v *verified) set(organization string, problems int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.found.Problems == nil {
		v.found.Problems = map[string]int{}
	}
	v.found.Problems[organization] = problems
}
