package chart

// Width is the width of all view boxes.
const Width = 1000

// least is how wide the smallest bar, or part, that is not zero is: 3 pixels of 300.
const least = 10

// Bars returns the widths of bars on one scale: the longest has Width. What is not above zero has none.
func Bars(values []float64) []int64 {
	most := 0.0
	for _, v := range values {
		most = max(most, v)
	}
	widths := make([]int64, len(values))
	for i, v := range values {
		if v > 0 {
			widths[i] = max(least, int64(Width*(v/most)))
		}
	}
	return widths
}

// Part is a part of a bar.
type Part struct{ X, Width int64 }

// gap is between two parts.
const gap = 3

// Parts cuts one bar into parts in proportion to values, in their order, with gaps between those that are there. All
// of them and the gaps have Width; a value that is not above zero has no part, and at most 20 have one.
func Parts(values ...int64) []Part {
	parts := make([]Part, len(values))
	var sum float64
	var there int64
	for _, v := range values {
		if v > 0 {
			sum, there = sum+float64(v), there+1
		}
	}
	if there == 0 {
		return parts
	}
	// Each part has its least, and the rest is shared. Ends are rounded, not widths, so that no rounding adds up.
	free := float64(Width - gap*(there-1) - least*there)
	var before float64
	var drawn int64
	for i, v := range values {
		if v <= 0 {
			continue
		}
		start := int64(free*(before/sum)) + drawn*(least+gap)
		before += float64(v)
		end := int64(free*(before/sum)) + drawn*(least+gap) + least
		if drawn++; drawn == there {
			end = Width
		}
		parts[i] = Part{start, end - start}
	}
	return parts
}
