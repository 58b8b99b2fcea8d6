package rule

import (
	"cmp"
	"slices"

	"github.com/muster-project/muster/internal/intel"
)

// interval is a closed, non-empty interval of places.
type interval struct{ low, high uint32 }

// intervalOf returns the places of a range; ok is false if it is empty or a bound cannot be
// compared.
func intervalOf(r intel.Range, o Order) (i interval, ok bool) {
	if r.Exact != "" {
		at, ok := o.Place(r.Exact)
		return interval{at, at}, ok
	}
	i = interval{PlaceFirst, PlaceLast}
	if r.Low != "" && r.Low != "0" {
		at, ok := o.Place(r.Low)
		if !ok {
			return i, false
		}
		i.low = at
		if r.LowExcluded {
			i.low++
		}
	}
	if r.High != "" {
		at, ok := o.Place(r.High)
		if !ok {
			return i, false
		}
		i.high = at
		if !r.HighIncluded {
			i.high--
		}
	}
	return i, i.low <= i.high
}

// united returns the union of intervals, in order and without overlaps.
func united(intervals []interval) []interval {
	slices.SortFunc(intervals, func(a, b interval) int { return cmp.Compare(a.low, b.low) })
	var all []interval
	for _, i := range intervals {
		if n := len(all); n > 0 && i.low <= all[n-1].high {
			all[n-1].high = max(all[n-1].high, i.high)
		} else {
			all = append(all, i)
		}
	}
	return all
}

// less returns an interval without others, which are united.
func (i interval) less(others []interval) []interval {
	var left []interval
	first, _ := slices.BinarySearchFunc(others, i.low,
		func(o interval, low uint32) int { return cmp.Compare(o.high, low) })
	for _, o := range others[first:] {
		if i.high < o.low {
			break
		}
		if i.low < o.low {
			left = append(left, interval{i.low, o.low - 1})
		}
		if o.high >= i.high {
			return left
		}
		i.low = o.high + 1
	}
	return append(left, i)
}

// cut returns the parts of an interval that lie in others, which are united.
func (i interval) cut(others []interval) []interval {
	var parts []interval
	for _, o := range others {
		if low, high := max(i.low, o.low), min(i.high, o.high); low <= high {
			parts = append(parts, interval{low, high})
		}
	}
	return parts
}
