package assess

import (
	"time"

	"github.com/muster-project/muster/defender"
	"github.com/muster-project/muster/internal/intel/catalog"
	"github.com/muster-project/muster/internal/intel/support"
	"github.com/muster-project/muster/internal/row"
)

// endOfSupport returns a component's status of support at a time, by matching.md, section 3.4: the
// product's end takes precedence over the release line's, and an end within the window is
// announced. The second result is when the status changes next; zero for never.
func endOfSupport(v *catalog.Verdict, now time.Time, window time.Duration) (row.EndOfSupport, time.Time) {
	next := earliest(nextChange(v.ProductEnd, now, window), nextChange(v.VersionEnd, now, window))
	switch {
	case hasEnded(v.ProductEnd, now):
		return row.EndOfSupport{Status: defender.ProductEnded, Date: v.ProductEnd.At}, next
	case hasEnded(v.VersionEnd, now):
		return row.EndOfSupport{Status: defender.VersionEnded, Date: v.VersionEnd.At}, next
	case endsWithin(v.ProductEnd, now, window):
		return row.EndOfSupport{Status: defender.ProductEnding, Date: v.ProductEnd.At}, next
	case endsWithin(v.VersionEnd, now, window):
		return row.EndOfSupport{Status: defender.VersionEnding, Date: v.VersionEnd.At}, next
	}
	return row.EndOfSupport{}, next
}

func hasEnded(e support.End, now time.Time) bool {
	return e.Ended || !e.At.IsZero() && !now.Before(e.At)
}

func endsWithin(e support.End, now time.Time, window time.Duration) bool {
	return !e.At.IsZero() && !now.Before(e.At.Add(-window))
}

// nextChange returns the first time after now at which the end changes the status.
func nextChange(e support.End, now time.Time, window time.Duration) time.Time {
	if e.At.IsZero() || hasEnded(e, now) {
		return time.Time{}
	}
	if begins := e.At.Add(-window); now.Before(begins) {
		return begins
	}
	return e.At
}

// earliest returns the earlier of two times, where zero means never.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || !b.IsZero() && b.Before(a) {
		return b
	}
	return a
}
