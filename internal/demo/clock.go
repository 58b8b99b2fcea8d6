package demo

import (
	"sync"
	"time"
)

// clock is the clock of a demonstration: that of a day of its past, or the machine's own.
type clock struct {
	mutex sync.Mutex
	past  time.Time // zero: today
}

func (c *clock) now() time.Time {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	if c.past.IsZero() {
		return time.Now()
	}
	return c.past
}

// set sets the clock to a time of the past; zero is today.
func (c *clock) set(past time.Time) {
	c.mutex.Lock()
	defer c.mutex.Unlock()
	c.past = past
}
