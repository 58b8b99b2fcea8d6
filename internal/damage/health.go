package damage

import (
	"sync"
	"time"
)

// everybody stands for the data shared by all organizations, among their ids.
const everybody = ""

// Health is the result of the last verification of everything.
type Health struct {
	// Time is when it ended; zero: not yet.
	Time time.Time `json:"time"`
	// Problems counts problems by organization. Problems of the database and of intelligence,
	// which all share, have the empty name.
	Problems map[string]int `json:"problems"`
}

// Sum is the number of all problems.
func (h Health) Sum() (n int) {
	for _, problems := range h.Problems {
		n += problems
	}
	return n
}

// verified keeps the last results.
type verified struct {
	mu    sync.Mutex
	found Health
}

// set records the result for one organization.
func (v *verified) set(organization string, problems int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	if v.found.Problems == nil {
		v.found.Problems = map[string]int{}
	}
	v.found.Problems[organization] = problems
}
