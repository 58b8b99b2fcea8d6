package clock

import (
	"fmt"
	"time"
)

// Doubt is the reason why nothing of an organization may be destroyed now; empty if there is none.
// Programs get these spellings.
type Doubt string

// The doubts. While there is one no generation begins, no device is hidden or forgotten, no file
// is retired and no key is rotated by age.
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
	// AheadTolerance is how far a clock may step forward between two looks without a doubt. Two
	// days are longer than the gap of a nightly job that failed once. They are short enough that
	// replaced files, which are kept three days, outlive the links to them, which live one day.
	AheadTolerance = 48 * time.Hour
	// behindTolerance is how far a clock may step back. A clock that is behind makes nothing look
	// old, so there is time to check it.
	behindTolerance = 72 * time.Hour
	// DeviceTolerance is how much a device's own time may differ from ours and still agree: more
	// than a wrong time zone. It is also how long devices have to report after a doubt.
	DeviceTolerance = 24 * time.Hour
	// longGap is the step forward after which stored times and the clock cannot be compared:
	// silence is counted from there on, because the earlier readings may have been wrong by as
	// much as the machine was off.
	longGap = 30 * 24 * time.Hour
	// largeShare and largeDrop bound the devices that may drop out at once: too many are one in
	// largeShare of the fleet, and at least largeDrop.
	largeShare = 5
	largeDrop  = 20
)

// Evidence is what a reading of the clock is judged by.
type Evidence struct {
	// Now is the reading. Mark is the newest reading that was believed; zero if there is none.
	Now, Mark time.Time
	// Devices counts the devices in the newest generation (before the first, all known devices).
	// Agreeing counts those that sent a report since the clock came into doubt, within a day of
	// Now, with a time of their own that agreed with ours.
	Devices, Agreeing int64
}

// Judge decides whether a reading is believed. Without a mark or without devices there is nothing
// to lose, so it is believed. settled says that only the devices' own times made it so. Each
// device counts once: none can end a doubt alone if there are others, and none can cause one.
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

// Step is the doubt that follows from the clock alone: it was believed at mark, zero for never,
// and reads now.
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

// quorum is how many devices must agree with the clock: one in five, and both if there are two.
func quorum(devices int64) int64 {
	return min(devices, max(2, (devices+largeShare-1)/largeShare))
}

// Drop counts the devices that a generation would take out of the fleet.
type Drop struct {
	// Hidden of Shown devices would leave the exports, forgotten devices included; Forgotten of
	// Stored devices would be removed.
	Hidden, Shown, Forgotten, Stored int64
}

// Large reports whether that is too many to be believed.
func (d Drop) Large() bool { return large(d.Hidden, d.Shown) || large(d.Forgotten, d.Stored) }

func large(part, whole int64) bool { return part >= largeDrop && part*largeShare >= whole }

// Devices is the number of devices in question.
func (d Drop) Devices() int64 { return max(d.Hidden, d.Forgotten) }

// Clock is what is known about the server's clock, for one organization.
type Clock struct {
	Evidence
	// Doubt is why nothing may be destroyed. Shrinking is how many devices would drop out, if that
	// is the doubt.
	Doubt     Doubt
	Shrinking int64
	// Settled is when devices last ended a doubt; zero for never. Since is when counting of
	// silence began; zero for no limit.
	Settled, Since time.Time

	before time.Time // what Settled was before this look
	asked  int64     // the reading at which the doubt began
	stored clockRow
}

// clockRow is the stored clock of an organization: the mark, when the doubt began, when devices
// ended it, since when silence is counted, and how many devices would have dropped out.
type clockRow struct{ mark, asked, settled, since, shrinking int64 }

// Silent returns the latest time of a last report for a device to count as silent for while; the
// zero time if no device may count so. For a day after devices ended a doubt, the others may not
// have had time to report.
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

// inDoubt reports whether the clock itself is in doubt.
func (c *Clock) inDoubt() bool { return c.Doubt == ClockBehind || c.Doubt == ClockAhead }

// settle records that devices ended a doubt.
func (c *Clock) settle() {
	c.before, c.Settled = c.Settled, c.Now
	if c.Now.Sub(c.Mark) > longGap {
		c.Since = c.Now
	}
}

// String says what is in doubt and how the doubt ends.
func (c *Clock) String() string {
	read := func(t time.Time) string { return t.UTC().Format(time.RFC3339) }
	switch c.Doubt {
	case ClockBehind, ClockAhead:
		way := "far before"
		if c.Doubt == ClockAhead {
			way = "far after"
		}
		return fmt.Sprintf("the clock reads %s, %s %s, its last reading that was believed; the times of %d devices agree with it, %d are needed",
			read(c.Now), way, read(c.Mark), c.Agreeing, quorum(c.Devices))
	case FleetShrinks:
		return fmt.Sprintf("%d devices would drop out at once, because they have been silent for too long", c.Shrinking)
	}
	return ""
}
