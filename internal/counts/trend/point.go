package trend

import "time"

// Anew is the Previous of a snapshot whose changes are not known: it began anew.
const Anew = -1

// Point has the counts of one snapshot, or of several in a row: those of the last one, and the changes of all.
type Point struct {
	Number int64
	// Previous is the snapshot from which the changes start; 0 if none was before, Anew if they are not known.
	Previous         int64
	Begun, Generated time.Time
	Counts
}

// Chain marks the changes of those points, oldest first, that do not start from the one before: an older program
// made a snapshot in between, or they are not known.
func Chain(all []Point) []Point {
	for i := range all {
		if p := &all[i]; p.Previous == Anew || i > 0 && p.Previous != all[i-1].Number {
			p.Previous, p.Unknown = Anew, p.Unknown|Changes
		}
	}
	return all
}

// Daily joins the points of each UTC day, oldest first.
func Daily(all []Point) (days []Point) {
	for i := range all {
		p := all[i]
		if n := len(days); n > 0 && sameDay(days[n-1].Generated, p.Generated) {
			days[n-1] = days[n-1].then(&p)
			continue
		}
		days = append(days, p)
	}
	return days
}

func (p *Point) then(next *Point) Point {
	sum := *next
	sum.Counts, sum.Previous = p.Counts.Then(&next.Counts), p.Previous
	if sum.Lacks(Changes) {
		sum.Previous = Anew
	}
	return sum
}

func sameDay(a, b time.Time) bool {
	return a.UTC().Format(time.DateOnly) == b.UTC().Format(time.DateOnly)
}

// Since returns the newest of the points, with the changes since the newest one that is at least as much older as
// gap, and that one; false if there is none.
func Since(all []Point, gap time.Duration) (before, now Point, ok bool) {
	if len(all) == 0 {
		return before, now, false
	}
	last := all[len(all)-1]
	for i := len(all) - 2; i >= 0; i-- {
		if last.Generated.Sub(all[i].Generated) < gap {
			continue
		}
		now = all[i+1]
		for j := i + 2; j < len(all); j++ {
			now = now.then(&all[j])
		}
		return all[i], now, true
	}
	return before, now, false
}

// Mended adds up how long findings were open that were fixed on the device since a time.
func Mended(all []Point, since time.Time) (sum Durations) {
	for i := range all {
		if p := &all[i]; !p.Generated.Before(since) && !p.Lacks(Changes) {
			sum = sum.With(p.Mended)
		}
	}
	return sum
}
