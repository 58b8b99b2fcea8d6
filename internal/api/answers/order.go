package answers

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/edge"
)

var (
	order  = edge.TakesText("sort", "by this member in place of risk, and by risk where it is equal; with - before it from high to low")
	skips  = edge.TakesNumber("skip", 0, 0, 1<<40, "leaves out so many rows at the beginning; not together with after")
	Pinned = edge.TakesNumber("snapshot", 0, 0, 1<<40, "of the snapshot with this number, while it is kept; 0 is the newest")
)

// key is what a row is sorted by: a number, or a text.
type key struct {
	number float64
	text   string
}

func number[N int | int64 | float64](n N) key { return key{number: float64(n)} }
func lower(text string) key                   { return key{text: strings.ToLower(text)} }

// compare compares keys.
func (k key) compare(other key) int {
	return cmp.Or(cmp.Compare(k.number, other.number), cmp.Compare(k.text, other.text))
}

// orders are the members by which a list can be sorted.
type orders[T any] map[string]func(T) key

// sorting is how a request wants rows sorted; the zero value is by risk.
type sorting[T any] struct {
	by      func(T) key
	falling bool
}

// of returns how a request wants rows sorted.
func (o orders[T]) of(q edge.Query) (s sorting[T], err error) {
	text := q.Text(order)
	if text == "" {
		return s, nil
	}
	name, falling := strings.CutPrefix(text, "-")
	if s = (sorting[T]{o[name], falling}); s.by == nil {
		return s, edge.Invalid("sort is %q, must be one of %s, perhaps with - before it", edge.Clip(text),
			strings.Join(slices.Sorted(maps.Keys(o)), ", "))
	}
	return s, nil
}

// sort sorts rows that are in the order of risk, in which equal ones stay.
func (s sorting[T]) sort(all []T) []T { return sortedBy(s, all, func(one T) T { return one }) }

// sortedBy does the same with what has such a row. Places are sorted, and keys are made once.
func sortedBy[T, R any](s sorting[T], all []R, of func(R) T) []R {
	if s.by == nil {
		return all
	}
	type keyed struct {
		key
		at int
	}
	keys := make([]keyed, len(all))
	for i, one := range all {
		keys[i] = keyed{s.by(of(one)), i}
	}
	slices.SortFunc(keys, func(a, b keyed) int {
		c := a.compare(b.key)
		if s.falling {
			c = -c
		}
		if c != 0 {
			return c
		}
		return cmp.Compare(a.at, b.at)
	})
	sorted := make([]R, len(all))
	for i := range keys {
		sorted[i] = all[keys[i].at]
	}
	return sorted
}
