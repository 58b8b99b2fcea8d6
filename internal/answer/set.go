package answer

import (
	"context"
	"fmt"
	"sort"

	"github.com/muster-project/muster/internal/answer/subset"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// Fleet are the devices of a view: those that have something, and what they are together.
type Fleet struct{ *scope }

// FleetOf returns the devices of a view.
func FleetOf(v *View) Fleet { return Fleet{v.scope} }

// Set is a set of the devices of a view. A device has the number of its place in View.Devices.
type Set struct {
	places numbering
	ranges []*subset.Set // nil for none of the range
	// Devices is how many there are.
	Devices int64
}

// Has reports whether the device with a number is in the set.
func (s *Set) Has(number int64) bool {
	i, device := s.places.find(number)
	return i < len(s.ranges) && s.ranges[i] != nil && s.ranges[i].Has(device)
}

// numbering has, of each range of a view, the number after its last device.
type numbering []int64

func numberingOf(ranges []*snapshot.Range) numbering {
	all, end := make(numbering, len(ranges)), int64(0)
	for i, r := range ranges {
		end += r.Devices
		all[i] = end
	}
	return all
}

// find returns the range of the device with a number, and which of its devices that is; behind the last range for none.
func (n numbering) find(number int64) (i, device int) {
	i = sort.Search(len(n), func(i int) bool { return number < n[i] })
	if i > 0 && i < len(n) {
		number -= n[i-1]
	}
	return i, int(number)
}

// set makes a set of the devices of each range that may have some.
func (v *scope) set(ctx context.Context, may []bool, of func(*snapshot.Range) (*subset.Set, error)) (*Set, error) {
	s := &Set{places: numberingOf(v.ranges), ranges: make([]*subset.Set, len(v.ranges))}
	for i, r := range v.ranges {
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
		s.Devices += s.ranges[i].Devices()
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
	return v.set(ctx, of.ranges, func(r *snapshot.Range) (*subset.Set, error) { return v.having(r, &f) })
}

// having returns the devices of a range that have what matches.
func (v *scope) having(r *snapshot.Range, f *Filter) (*subset.Set, error) {
	look := func(file *projection.File) (*subset.Set, error) {
		h, err := v.head(r)
		if err != nil {
			return nil, err
		}
		some := holders{releases: f.match(h, nil, true).some()}
		return some.look(file, h)
	}
	key := f.key(true)
	if key != "" {
		return read(v.answers, r, "having "+key, look)
	}
	return readNow(v.answers, r, look)
}

// With returns the devices that have something.
func (v Fleet) With(ctx context.Context, of Of) (*Set, error) {
	may, err := v.may(ctx, of.CVE, of.Vendor, of.Name)
	if err != nil {
		return nil, err
	}
	return v.set(ctx, may, func(r *snapshot.Range) (*subset.Set, error) { return v.with(r, &of) })
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
	places := numberingOf(v.ranges)
	all := make([]Device, 0, len(numbers))
	for _, n := range numbers {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		i, device := places.find(int64(n))
		if i == len(v.ranges) {
			return nil, fmt.Errorf("device %d of a snapshot with fewer: %w", n, snapshot.ErrDamaged)
		}
		r := v.ranges[i]
		known, err := v.roster(r)
		if err != nil {
			return nil, err
		}
		all = append(all, Device{r.Group, &known[device]})
	}
	return all, nil
}
