package chart

import (
	"fmt"
	"strings"
)

// Change is what came and went on a day. Lost is what went for another reason than Down.
type Change struct {
	Up, Down, Lost int64
	// Known is false if nobody can tell, and Absent true if there is nothing to tell of.
	Known, Absent bool
}

// Bar is a bar of a day.
type Bar struct{ X, Y, Width, Height int64 }

// BalanceHeight is the height of the view box of a balance.
const BalanceHeight = 400

// Balanced has the bars of days, up and down from one line, on one scale.
type Balanced struct {
	Up, Down, Lost, Unknown []Bar
	// Zero is where the line is, Highest the highest number of a day in one direction.
	Zero, Highest int64
}

// Balance draws a day after the other from the left to the right: what came, up; what went, down, and what was lost
// below it. A day that nobody can tell of is a bar over all of the height, an absent one is a gap.
func Balance(days []Change) (b Balanced) {
	var up, down int64
	for _, d := range days {
		if d.Known {
			up, down = max(up, d.Up), max(down, d.Down+d.Lost)
		}
	}
	b.Highest = max(up, down)
	// Each direction has room for two bars of the least height, so the scale is for the rest.
	const shortest, room = 4, BalanceHeight - 4*4
	scale := func(n int64) int64 { return int64(room * (float64(n) / max(1, float64(up)+float64(down)))) }
	height := func(n int64) int64 {
		if n <= 0 {
			return 0
		}
		return shortest + scale(n)
	}
	b.Zero = 2*shortest + scale(up)
	if up+down == 0 {
		b.Zero = BalanceHeight / 2
	}
	for i, d := range days {
		from, to := int64(i*Width/len(days)), int64((i+1)*Width/len(days))
		bar := Bar{X: from, Width: max(1, (to-from)*4/5)}
		add := func(to *[]Bar, y, height int64) {
			if height > 0 {
				*to = append(*to, Bar{bar.X, y, bar.Width, height})
			}
		}
		switch {
		case d.Absent:
		case !d.Known:
			add(&b.Unknown, 0, BalanceHeight)
		default:
			rise, fall := height(d.Up), height(d.Down)
			add(&b.Up, b.Zero-rise, rise)
			add(&b.Down, b.Zero, fall)
			add(&b.Lost, b.Zero+fall, height(d.Lost))
		}
	}
	return b
}

// Path is the data of a path with all of the bars: one element, however many there are.
func Path(bars []Bar) string {
	var path strings.Builder
	for _, b := range bars {
		fmt.Fprintf(&path, "M%d %dh%dv%dh-%dz", b.X, b.Y, b.Width, b.Height, b.Width)
	}
	return path.String()
}
