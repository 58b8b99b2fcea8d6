//go:build !(linux && amd64)

package main

import (
	"errors"
	"time"
)

// shiftClock cannot change the clock of a process here.
func shiftClock(time.Duration) error { return errors.ErrUnsupported }
