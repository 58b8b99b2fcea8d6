package notice

import "time"

// Due returns when a notice that is made now is to be sent: at once, at the next digest, and not while it is quiet.
// zone is the rule's.
func (r *Rule) Due(now time.Time, zone *time.Location) time.Time {
	due := now
	if r.Digest != "" {
		due = nextAt(now, r.Digest, zone)
	}
	return r.Awake(due, zone)
}

// Awake returns a time, or if it is quiet then, the end of that.
func (r *Rule) Awake(at time.Time, zone *time.Location) time.Time {
	if r.Quiet == nil || !r.Quiet.has(at.In(zone)) {
		return at
	}
	// By minutes, since clocks that are set forward may skip the end.
	next := at.Truncate(time.Minute)
	for range 25 * 60 {
		if next = next.Add(time.Minute); !r.Quiet.has(next.In(zone)) {
			break
		}
	}
	return next.UTC()
}

// has reports whether a time of day is in the span.
func (q *Quiet) has(at time.Time) bool {
	from, _ := timeOfDay(q.From)
	to, _ := timeOfDay(q.To)
	now := time.Duration(at.Hour())*time.Hour + time.Duration(at.Minute())*time.Minute
	if from < to {
		return from <= now && now < to
	}
	return from <= now || now < to
}

// nextAt returns the first time after now at which clocks of the zone show a time of day. Where clocks skip it, it is
// what time.Date makes of it.
func nextAt(now time.Time, text string, zone *time.Location) time.Time {
	of, _ := timeOfDay(text)
	local := now.In(zone)
	for day := 0; ; day++ {
		at := time.Date(local.Year(), local.Month(), local.Day()+day, int(of/time.Hour),
			int(of%time.Hour/time.Minute), 0, 0, zone)
		if at.After(now) {
			return at.UTC()
		}
	}
}
