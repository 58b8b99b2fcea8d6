package table

import (
	"cmp"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/intel"
)

// The prefixes of the keys of life cycles. Package URLs have their own.
const (
	SlugKey = "slug:"
	PairKey = "cpe:"
)

// Lifecycle is the release cycles of one product, with its keys: its slug first, then its CPE
// pairs and package URLs.
type Lifecycle struct {
	Keys   []string
	Cycles []Cycle
}

// Cycle is one release line; see intel.Cycle. EndsAt is a time in a column.
type Cycle struct {
	Name, Latest string
	Ended        bool
	EndsAt       uint64
}

func lifecycleOf(l intel.Lifecycle) Lifecycle {
	keys := []string{SlugKey + l.Product}
	for _, p := range l.CPEs {
		keys = append(keys, PairKey+p[0]+":"+p[1])
	}
	made := Lifecycle{Keys: append(keys, l.PURLs...)}
	for _, c := range l.Cycles {
		made.Cycles = append(made.Cycles, Cycle{c.Name, c.Latest, c.Ended, secondsOf(c.EndsAt)})
	}
	return made
}

// Compare orders two life cycles of one product by all their content; the greater one is kept.
func Compare(a, b Lifecycle) int {
	return cmp.Or(
		cmp.Compare(len(a.Cycles), len(b.Cycles)),
		slices.CompareFunc(a.Cycles, b.Cycles, compareCycles),
		slices.Compare(a.Keys, b.Keys),
	)
}

func compareCycles(a, b Cycle) int {
	return cmp.Or(
		strings.Compare(a.Name, b.Name), strings.Compare(a.Latest, b.Latest),
		compareFlags(a.Ended, b.Ended), Time(a.EndsAt).Compare(Time(b.EndsAt)),
	)
}

// compareFlags orders true after false.
func compareFlags(a, b bool) int {
	switch {
	case a == b:
		return 0
	case a:
		return 1
	}
	return -1
}

// Lifecycle returns a life cycle by its number.
func (t *Table) Lifecycle(i uint32) Lifecycle {
	c := &t.Lifecycles
	var l Lifecycle
	for _, key := range c.Key[c.Keys[i]:c.Keys[i+1]] {
		l.Keys = append(l.Keys, t.Texts.Text(key))
	}
	for at := c.Cycles[i]; at < c.Cycles[i+1]; at++ {
		l.Cycles = append(l.Cycles, Cycle{t.Texts.Text(c.Name[at]), t.Texts.Text(c.Latest[at]),
			c.Ended[at] == 1, c.EndsAt[at]})
	}
	return l
}
