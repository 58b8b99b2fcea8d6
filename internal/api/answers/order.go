package answers

import (
	"cmp"
	"maps"
	"slices"
	"sort"
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
func (s sorting[T]) sort(all []T) []T {
	if s.by == nil {
		return all
	}
	keys := make([]key, len(all))
	for i, one := range all {
		keys[i] = s.by(one)
	}
	sort.Stable(&sorter{keys, s.falling, func(i, j int) { all[i], all[j] = all[j], all[i] }})
	return all
}

// sorter sorts rows by their keys.
type sorter struct {
	keys    []key
	falling bool
	swap    func(i, j int)
}

// Len implements sort.Interface.
func (s *sorter) Len() int { return len(s.keys) }

// Less implements sort.Interface.
func (s *sorter) Less(i, j int) bool {
	if s.falling {
		i, j = j, i
	}
	return s.keys[i].compare(s.keys[j]) < 0
}

// Swap implements sort.Interface.
func (s *sorter) Swap(i, j int) {
	s.keys[i], s.keys[j] = s.keys[j], s.keys[i]
	s.swap(i, j)
}
