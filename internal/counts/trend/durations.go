package trend

import (
	"maps"
	"slices"
	"time"
)

// Durations counts by how long something took, in classes: whole days below 90, weeks below a year (364 days), four
// weeks below five years, and all that is longer. A class is known by the day at which it begins.
type Durations map[int64]int64

// The bounds of classes, in days.
const (
	byDay   = 90
	byWeek  = byDay + 7*((364-byDay)/7) // 363
	byMonth = byWeek + 28*52            // 1,819, five years
)

// ClassOf returns the class of a duration; one below 0 is in the first.
func ClassOf(d time.Duration) int64 {
	days := max(0, int64(d/(24*time.Hour)))
	switch {
	case days < byDay:
		return days
	case days < byWeek:
		return byDay + (days-byDay)/7*7
	case days < byMonth:
		return byWeek + (days-byWeek)/28*28
	}
	return byMonth
}

// Count counts n that took so long.
func (d *Durations) Count(took time.Duration, n int64) {
	if n == 0 {
		return
	}
	if *d == nil {
		*d = Durations{}
	}
	(*d)[ClassOf(took)] += n
}

// With returns the sum of both. d may be changed.
func (d Durations) With(other Durations) Durations {
	if len(other) > 0 && d == nil {
		d = Durations{}
	}
	for class, n := range other {
		d[class] += n
	}
	return d
}

// Sum is how many were counted.
func (d Durations) Sum() (n int64) {
	for _, one := range d {
		n += one
	}
	return n
}

// Share returns the class within which a share of all, from 0 to 1, is: the smallest such that so many are in it or
// below (nearest rank). It is 0 if nothing was counted.
func (d Durations) Share(share float64) (days int64) {
	all, rank := d.Sum(), int64(0)
	wanted := max(1, int64(float64(all)*share))
	if float64(wanted) < float64(all)*share {
		wanted++
	}
	for _, days = range slices.Sorted(maps.Keys(d)) {
		if rank += d[days]; rank >= wanted {
			return days
		}
	}
	return days
}
