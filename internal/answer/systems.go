package answer

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// ended are the systems of a range that have no support, with its devices that have packages of them.
type ended map[System]*endedSet

type endedSet struct {
	EndedSystem
	*subset
}

// Weight returns about how much memory it takes, in bytes.
func (e ended) Weight() (bytes int64) {
	for _, one := range e {
		bytes += 300 + one.subset.Weight()
	}
	return bytes
}

// endedIn finds the systems of a range that have no support.
func endedIn(v *scope, r *snapshot.Range) (ended, error) {
	return read(v.answers, r, "systems", func(f *projection.File) (ended, error) {
		h, err := v.head(r)
		if err != nil {
			return nil, err
		}
		type end struct{ vendor, status, date string }
		releases := map[end][]uint32{}
		for n := range h.Releases {
			one := &h.Releases[n]
			if s, ok := EndOf(&one.SoftwareKey, one.EndOfSupport, ""); ok {
				e := end{s.Vendor, one.EndOfSupport, one.EndOfSupportDate}
				releases[e] = append(releases[e], uint32(n))
			}
		}
		all := ended{}
		for _, some := range releases {
			has, err := f.DevicesOf(h, some)
			if err != nil {
				return nil, err
			}
			known, err := v.roster(r)
			if err != nil {
				return nil, err
			}
			all.add(&h.Releases[some[0]], known, has)
		}
		return all, nil
	})
}

// add adds the devices of a range that have a release, by their systems.
func (e ended) add(of *projection.Release, known []projection.Device, has []bool) {
	by := map[System][]bool{}
	for d, ok := range has {
		if !ok {
			continue
		}
		s, _ := EndOf(&of.SoftwareKey, of.EndOfSupport, known[d].OSVersion)
		if by[s] == nil {
			by[s] = make([]bool, len(has))
		}
		by[s][d] = true
	}
	for s, some := range by {
		one := e[s]
		if one == nil {
			one = &endedSet{EndedSystem{System: s}, subsetOf(nil)}
			e[s] = one
		}
		one.each(func(d int) bool {
			some[d] = true
			return true
		})
		one.merge(of.EndOfSupport, of.EndOfSupportDate)
		one.subset = subsetOf(some)
	}
}

// EndedSystems lists the systems that have no support any more, by vendor and version: of all devices, or of some.
func (v Fleet) EndedSystems(ctx context.Context, among []Device) ([]EndedSystem, error) {
	sums := map[System]EndedSystem{}
	add := func(s System, one *endedSet, devices int64) {
		sum := sums[s]
		sum.System = s
		sum.merge(one.Status, one.Date)
		sum.Devices += devices
		sums[s] = sum
	}
	if among != nil {
		err := v.endedAmong(ctx, among, func(s System, one *endedSet) { add(s, one, 1) })
		return sorted(sums), err
	}
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		some, err := endedIn(v.scope, r)
		if err != nil {
			return nil, err
		}
		for s, one := range some {
			add(s, one, one.devices)
		}
	}
	return sorted(sums), nil
}

// endedAmong calls yield with each system without support of each of some devices.
func (v Fleet) endedAmong(ctx context.Context, among []Device, yield func(System, *endedSet)) error {
	for i := range among {
		r, at, err := v.locate(ctx, among[i].ID)
		if err != nil || r == nil {
			return err
		}
		some, err := endedIn(v.scope, r)
		if err != nil {
			return err
		}
		for s, one := range some {
			if one.has(at) {
				yield(s, one)
			}
		}
	}
	return nil
}

func sorted(sums map[System]EndedSystem) []EndedSystem {
	return slices.SortedFunc(maps.Values(sums), func(a, b EndedSystem) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Version, b.Version))
	})
}

// On lists the devices of a system that has no support any more, by group and id. Total is how many there are.
func (v Fleet) On(ctx context.Context, s System, p Page) (l List[Device], err error) {
	skip := p.Skip
	for _, r := range v.ranges {
		if err := ctx.Err(); err != nil {
			return l, err
		}
		all, err := endedIn(v.scope, r)
		if err != nil {
			return l, err
		}
		some := all[s]
		if some == nil {
			continue
		}
		l.Total += some.devices
		if skip >= some.devices {
			skip -= some.devices
		} else if len(l.Rows) < p.Limit {
			if err := v.list(r, some.subset, &skip, p.Limit, &l); err != nil {
				return l, err
			}
		}
	}
	l.Next = next(p.Skip+int64(len(l.Rows)), l.Total)
	return l, nil
}
