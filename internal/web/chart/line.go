package chart

import (
	"fmt"
	"strings"
)

// Reading is a value of a day. One that is not known is a gap.
type Reading struct {
	Value float64
	Known bool
}

// Known returns a value that is known.
func Known(value float64) Reading { return Reading{value, true} }

// StripHeight is the height of the view box of a line.
const StripHeight = 400

// headroom is above the highest value, so that the line is not cut in two.
const headroom = 20

// Strip is a line over days, and the area between it and zero, as the data of paths.
type Strip struct {
	Line, Area string
	// Highest is the highest value that is known; 0 without one.
	Highest float64
}

// Line draws a day after the other from the left to the right. The height is for values from zero to most, or to the
// highest one if that is more; with most zero the highest has all of it. A line ends before a day that is not known,
// and begins anew behind it; a day that stands alone is as wide as a day.
func Line(days []Reading, most float64) (s Strip) {
	for _, d := range days {
		if d.Known {
			s.Highest = max(s.Highest, d.Value)
		}
	}
	top := max(most, s.Highest)
	y := func(value float64) int64 {
		if top <= 0 || value <= 0 {
			return StripHeight
		}
		return StripHeight - int64((StripHeight-headroom)*(value/top))
	}
	var line, area strings.Builder
	for from := 0; from < len(days); from++ {
		if !days[from].Known {
			continue
		}
		to := from
		for to+1 < len(days) && days[to+1].Known {
			to++
		}
		draw(&line, &area, days[from:to+1], from, len(days), y)
		from = to
	}
	s.Line, s.Area = line.String(), area.String()
	return s
}

// draw draws days that are all known, of which the first is the day from of so many.
func draw(line, area *strings.Builder, days []Reading, from, of int, y func(float64) int64) {
	edge := func(day int) int64 { return int64(day * Width / of) }
	middle := func(day int) int64 { return (edge(day) + edge(day+1)) / 2 }
	first, last := middle(from), middle(from+len(days)-1)
	if len(days) == 1 {
		first, last = edge(from), edge(from+1)
	}
	if from == 0 {
		first = 0
	}
	if from+len(days) == of {
		last = Width
	}
	var path strings.Builder
	fmt.Fprintf(&path, "%d %d", first, y(days[0].Value))
	for i := 1; i < len(days)-1; i++ {
		fmt.Fprintf(&path, "L%d %d", middle(from+i), y(days[i].Value))
	}
	fmt.Fprintf(&path, "L%d %d", last, y(days[len(days)-1].Value))
	fmt.Fprintf(line, "M%s", path.String())
	fmt.Fprintf(area, "M%d %dL%sL%d %dZ", first, StripHeight, path.String(), last, StripHeight)
}
