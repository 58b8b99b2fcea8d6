package answer

import (
	"context"
	"fmt"
	"sort"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Fleet are the devices of a view: those that have something, and what they are together.
type Fleet struct{ *scope }

// FleetOf returns the devices of a view.
func FleetOf(v *View) Fleet { return Fleet{v.scope} }

// Set is a set of the devices of a view. A device has the number of its place in View.Devices.
type Set struct {
	ends   []int64   // of each range: the number after its last device
	ranges []*subset // nil for none of the range
	// Devices is how many there are.
	Devices int64
}

// Has reports whether the device with a number is in the set.
func (s *Set) Has(number int64) bool {
	i := sort.Search(len(s.ends), func(i int) bool { return number < s.ends[i] })
	if i == len(s.ends) || s.ranges[i] == nil {
		return false
	}
	if i > 0 {
		number -= s.ends[i-1]
	}
	return s.ranges[i].has(int(number))
}

// set makes a set of the devices of each range that may have some.
func (v *scope) set(ctx context.Context, may []bool, of func(*snapshot.Range) (*subset, error)) (*Set, error) {
	s, end := &Set{ranges: make([]*subset, len(v.ranges))}, int64(0)
	for i, r := range v.ranges {
		end += r.Devices
		s.ends = append(s.ends, end)
		if may != nil && !may[i] {
			continue
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		var err error
		if s.ranges[i], err = of(r); err != nil {
			return nil, err
		}
		s.Devices += s.ranges[i].devices
	}
	return s, nil
}

// Having returns the devices with a finding that matches, or with such software if the filter is about no findings. Of
// the filter's fields Device and Devices are not asked. With a key it is remembered of each range.
func (v Fleet) Having(ctx context.Context, f Filter) (*Set, error) {
	of, err := v.reach(ctx, &f, true)
	if err != nil {
		return nil, err
	}
	return v.set(ctx, of.ranges, func(r *snapshot.Range) (*subset, error) { return v.having(r, &f) })
}

// having returns the devices of a range that have what matches.
func (v *scope) having(r *snapshot.Range, f *Filter) (*subset, error) {
	look := func(file *projection.File) (*subset, error) {
		h, err := v.head(r)
		if err != nil {
			return nil, err
		}
		some := holders{releases: []uint32{}}
		for n, rows := range f.match(h, true).releases {
			if rows > 0 {
				some.releases = append(some.releases, uint32(n))
			}
		}
		return some.look(file, h)
	}
	key := f.key(true)
	if key != "" {
		return read(v.answers, r, "having "+key, look)
	}
	file, err := projected(r)
	if err != nil {
		return nil, err
	}
	var found *subset
	err = v.answers.open(file, func(f *projection.File) (err error) {
		found, err = look(f)
		return err
	})
	return found, err
}

// With returns the devices that have something.
func (v Fleet) With(ctx context.Context, of Of) (*Set, error) {
	may, err := v.may(ctx, of.CVE, of.Vendor, of.Name)
	if err != nil {
		return nil, err
	}
	return v.set(ctx, may, func(r *snapshot.Range) (*subset, error) { return v.with(r, &of) })
}

// Each calls yield with each device and its number, by group and id, until it returns false.
func (v Fleet) Each(ctx context.Context, yield func(number int64, d Device) bool) error {
	if err := v.Available(); err != nil {
		return err
	}
	before := int64(0)
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return err
		}
		known, err := v.roster(r)
		if err != nil {
			return err
		}
		for i := range known {
			if !yield(before+int64(i), Device{r.Group, &known[i]}) {
				return nil
			}
		}
		before += r.Devices
	}
	return nil
}

// At returns the devices with some numbers, which must exist.
func (v Fleet) At(ctx context.Context, numbers []uint32) ([]Device, error) {
	ends, end := make([]int64, len(v.ranges)), int64(0)
	for i, r := range v.ranges {
		end += r.Devices
		ends[i] = end
	}
	all := make([]Device, 0, len(numbers))
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i := sort.Search(len(ends), func(i int) bool { return int64(n) < ends[i] })
		if i == len(ends) {
			return nil, fmt.Errorf("device %d of %d: %w", n, end, snapshot.ErrDamaged)
		}
		r := v.ranges[i]
		known, err := v.roster(r)
		if err != nil {
			return nil, err
		}
		all = append(all, Device{r.Group, &known[int64(n)-(ends[i]-r.Devices)]})
	}
	return all, nil
}
