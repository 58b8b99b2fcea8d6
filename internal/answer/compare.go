package answer

import (
	"cmp"
	"context"
	"slices"
	"strings"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Held is a device as a snapshot has it.
type Held struct {
	Device
	// In has what the device has; Number is its number there.
	In     *projection.Projection
	Number int
}

// Comparing says which devices are compared.
type Comparing struct {
	Before, After *View
	// Same is asked for each range that both snapshots have, which therefore did not change: whether its devices are
	// wanted all the same. Nil: none is.
	Same func(*projection.Head) bool
}

// Each calls yield with each device as both snapshots have it, nil where one has it not: first those of ranges that
// both have, then those of others by group and id, then those that have left their group, came to it, or both.
func (c *Comparing) Each(ctx context.Context, yield func(before, after *Held) error) error {
	if err := c.After.Available(); err != nil {
		return err
	}
	if err := c.Before.Available(); err != nil {
		return err
	}
	w := &comparison{ctx: ctx, yield: yield, left: map[string]spot{}}
	w.before, w.after = walkOf(c.Before), walkOf(c.After)
	if err := c.eachSame(w); err != nil {
		return err
	}
	if err := w.walk(); err != nil {
		return err
	}
	return w.moved()
}

// comparison goes through the ranges of two snapshots.
type comparison struct {
	ctx           context.Context //nolint:containedctx // one walk
	yield         func(before, after *Held) error
	before, after *side
	// left are the devices of the snapshot before that their group no longer has, came those that it has now.
	left map[string]spot
	came []spot
}

// spot is where a device is: a range of its snapshot, and its number there.
type spot struct {
	of     *snapshot.Range
	number int
}

// side goes through the devices of one snapshot.
type side struct {
	*scope
	ranges []*snapshot.Range
	in     *projection.Projection // of ranges[0]
	number int
}

func walkOf(v *View) *side { return &side{scope: v.scope, ranges: slices.Clone(v.ranges)} }

// eachSame calls yield with the wanted devices of ranges that both snapshots have, and takes these out of the walk.
func (c *Comparing) eachSame(w *comparison) error {
	known := map[snapshot.File]bool{}
	for _, r := range w.before.ranges {
		known[r.Index] = r.Index.Path != ""
	}
	same := map[snapshot.File]bool{}
	for _, r := range w.after.ranges {
		if !known[r.Index] {
			continue
		}
		same[r.Index] = true
		if err := c.ofSame(w, r); err != nil {
			return err
		}
	}
	without := func(r *snapshot.Range) bool { return same[r.Index] }
	w.before.ranges = slices.DeleteFunc(w.before.ranges, without)
	w.after.ranges = slices.DeleteFunc(w.after.ranges, without)
	return nil
}

func (c *Comparing) ofSame(w *comparison, r *snapshot.Range) error {
	if c.Same == nil {
		return nil
	}
	if err := w.ctx.Err(); err != nil {
		return err
	}
	head, err := w.after.head(r)
	if err != nil || !c.Same(head) {
		return err
	}
	p, err := w.after.projection(r)
	if err != nil {
		return err
	}
	for n := range p.Devices {
		both := &Held{Device{r.Group, &p.Devices[n]}, p, n}
		if err := w.yield(both, both); err != nil {
			return err
		}
	}
	return nil
}

// now returns the device at which the walk is; nil at its end.
func (s *side) now() (*Held, error) {
	for len(s.ranges) > 0 {
		if s.in == nil {
			var err error
			if s.in, err = s.projection(s.ranges[0]); err != nil {
				return nil, err
			}
		}
		if s.number < len(s.in.Devices) {
			return &Held{Device{s.ranges[0].Group, &s.in.Devices[s.number]}, s.in, s.number}, nil
		}
		s.ranges, s.in, s.number = s.ranges[1:], nil, 0
	}
	return nil, nil
}

// spot is where the walk is.
func (s *side) spot() spot { return spot{s.ranges[0], s.number} }

// walk merges both walks.
func (w *comparison) walk() error {
	for n := 0; ; n++ {
		if n%1000 == 0 {
			if err := w.ctx.Err(); err != nil {
				return err
			}
		}
		before, err := w.before.now()
		if err != nil {
			return err
		}
		after, err := w.after.now()
		if err != nil {
			return err
		}
		switch order := comparePlaces(before, after); {
		case before == nil && after == nil:
			return nil
		case order < 0:
			w.left[before.ID] = w.before.spot()
			w.before.number++
		case order > 0:
			w.came = append(w.came, w.after.spot())
			w.after.number++
		default:
			if err := w.yield(before, after); err != nil {
				return err
			}
			w.before.number++
			w.after.number++
		}
	}
}

// comparePlaces orders devices by group and id; none is behind all.
func comparePlaces(a, b *Held) int {
	switch {
	case a == nil && b == nil:
		return 0
	case a == nil:
		return 1
	case b == nil:
		return -1
	}
	return cmp.Or(cmp.Compare(a.Group, b.Group), strings.Compare(a.ID, b.ID))
}

// moved calls yield with the devices that came, with where they were before, and with those that left.
func (w *comparison) moved() error {
	for _, at := range w.came {
		after, err := w.after.at(at)
		if err != nil {
			return err
		}
		var before *Held
		if was, ok := w.left[after.ID]; ok {
			if before, err = w.before.at(was); err != nil {
				return err
			}
			delete(w.left, after.ID)
		}
		if err := w.each(before, after); err != nil {
			return err
		}
	}
	gone := make([]spot, 0, len(w.left))
	for _, at := range w.left {
		gone = append(gone, at)
	}
	slices.SortFunc(gone, func(a, b spot) int {
		return cmp.Or(cmp.Compare(a.of.Group, b.of.Group), cmp.Compare(a.of.Lo, b.of.Lo), cmp.Compare(a.number, b.number))
	})
	for _, at := range gone {
		before, err := w.before.at(at)
		if err != nil {
			return err
		}
		if err := w.each(before, nil); err != nil {
			return err
		}
	}
	return nil
}

// each is yield unless the walk was ended.
func (w *comparison) each(before, after *Held) error {
	if err := w.ctx.Err(); err != nil {
		return err
	}
	return w.yield(before, after)
}

// at returns the device at a spot.
func (s *side) at(at spot) (*Held, error) {
	p, err := s.projection(at.of)
	if err != nil {
		return nil, err
	}
	return &Held{Device{at.of.Group, &p.Devices[at.number]}, p, at.number}, nil
}
