package clock

import (
	"fmt"
	"time"
)

// Doubt is why nothing of an organization may be destroyed at present; empty
// where nothing speaks against it. It is told to programs as it is spelled here.
type Doubt string

// The doubts. While there is one no generation begins, and no device is hidden
// or forgotten, no file retired, no key rotated by age.
const (
	// ClockBehind: the clock reads far less than it did.
	ClockBehind Doubt = "ClockBehind"
	// ClockAhead: the clock reads far more than it did, and too few devices
	// say the same.
	ClockAhead Doubt = "ClockAhead"
	// FleetShrinks: a large share of the devices would drop out at once.
	FleetShrinks Doubt = "FleetShrinks"
)

const (
	// AheadTolerance is how far a clock may go from one look to the next
	// without a doubt. Two days are more than a job of every night that failed
	// once, and so little that what was replaced by a newer snapshot outlives
	// by its three days the links to it, which live for a day.
	AheadTolerance = 48 * time.Hour
	// behindTolerance is how far it may go back. A clock that is behind makes
	// nothing look old, so there is time for a look at it.
	behindTolerance = 72 * time.Hour
	// DeviceTolerance is by how much a device's own time may differ from ours
	// and agree: more than a wrong time zone. So long do devices have to report
	// after a doubt, too.
	DeviceTolerance = 24 * time.Hour
	// longGap is the step forward after which stored times and the clock are
	// two clocks: silence is counted from there on, because the readings before
	// may have been as wrong as the machine was off.
	longGap = 30 * 24 * time.Hour
	// largeShare and largeDrop are when devices that drop out at once are too
	// many to be believed: one in so many, and so many at least.
	largeShare = 5
	largeDrop  = 20
)

// Evidence is what a reading of the clock is judged by.
type Evidence struct {
	// Now is the reading. Mark is the newest one that was believed, zero if
	// there is none.
	Now, Mark time.Time
	// Devices is how many devices the newest generation showed (all that are
	// known before the first); Agreeing is how many of them sent a report
	// since the clock came into doubt, and within a day of Now, whose own time
	// agreed with ours.
	Devices, Agreeing int64
}

// Judge decides whether a reading is believed. Without a mark, or without
// devices, there is nothing to lose, and it is. settled says that the devices'
// own times alone made it so: each device counts once, so that none ends a
// doubt alone where there are others, and none can cause one.
func (e Evidence) Judge() (doubt Doubt, settled bool) {
	doubt = Step(e.Mark, e.Now)
	switch {
	case doubt == "", e.Devices == 0:
		return "", false
	case e.Agreeing >= quorum(e.Devices):
		return "", true
	}
	return doubt, false
}

// Step is the doubt about a clock that was believed at mark, never if zero, and
// reads now, before anybody else is asked.
func Step(mark, now time.Time) Doubt {
	switch step := now.Sub(mark); {
	case mark.IsZero():
		return ""
	case step > AheadTolerance:
		return ClockAhead
	case step < -behindTolerance:
		return ClockBehind
	}
	return ""
}

// quorum is how many of so many devices must agree with the clock: one in five,
// and two where there are two.
func quorum(devices int64) int64 {
	return min(devices, max(2, (devices+largeShare-1)/largeShare))
}

// Drop counts what a generation would take out of the fleet.
type Drop struct {
	// Hidden of Shown devices would leave the exports, those that are
	// forgotten included; Forgotten of Stored would be removed.
	Hidden, Shown, Forgotten, Stored int64
}

// Large tells whether that is too much to be believed.
func (d Drop) Large() bool { return large(d.Hidden, d.Shown) || large(d.Forgotten, d.Stored) }

func large(part, whole int64) bool { return part >= largeDrop && part*largeShare >= whole }

// Devices is how many devices it is about.
func (d Drop) Devices() int64 { return max(d.Hidden, d.Forgotten) }

// Clock is what is known about the server's clock, for one organization.
type Clock struct {
	Evidence
	// Doubt is why nothing may be destroyed. Shrinking is how many devices
	// would drop out, where that is the doubt.
	Doubt     Doubt
	Shrinking int64
	// Settled is when devices ended a doubt last, zero for never. Since is
	// since when silence is counted, zero for ever.
	Settled, Since time.Time

	before time.Time // what Settled was before this look
	asked  int64     // what the clock read when it came into doubt
	stored clockRow
}

// clockRow is what is stored of an organization's clock: the mark, when it came
// into doubt, when devices ended that, since when silence is counted, and how many
// devices would have dropped out.
type clockRow struct{ mark, asked, settled, since, shrinking int64 }

// Silent returns the time since which a device must have been silent to have
// been so for a while; the zero time where nobody can have been. For a day
// after devices ended a doubt others may not have had the time to report.
func (c *Clock) Silent(while time.Duration) time.Time {
	if !c.Settled.IsZero() && c.Now.Sub(c.Settled).Abs() <= DeviceTolerance {
		return time.Time{}
	}
	since := c.Now.Add(-while)
	if !c.Since.IsZero() && !c.Since.Before(since) {
		return time.Time{}
	}
	return since
}

// inDoubt tells whether the clock itself is in doubt.
func (c *Clock) inDoubt() bool { return c.Doubt == ClockBehind || c.Doubt == ClockAhead }

// settle notes that devices ended a doubt.
func (c *Clock) settle() {
	c.before, c.Settled = c.Settled, c.Now
	if c.Now.Sub(c.Mark) > longGap {
		c.Since = c.Now
	}
}

// String says what is in doubt and how that ends.
func (c *Clock) String() string {
	read := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch c.Doubt {
	case ClockBehind, ClockAhead:
		way := "far before"
		if c.Doubt == ClockAhead {
			way = "far after"
		}
		return fmt.Sprintf("the clock reads %s, %s %s, which it read when it was believed last; the times of %d devices agree with it, %d are needed",
			read(c.Now), way, read(c.Mark), c.Agreeing, quorum(c.Devices))
	case FleetShrinks:
		return fmt.Sprintf("%d devices would drop out at once, because they have been silent for too long", c.Shrinking)
	}
	return ""
}
