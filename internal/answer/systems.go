package answer

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/muster-project/muster/internal/answer/subset"
	"github.com/muster-project/muster/internal/answer/support"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// ended are the systems of a range that have no support, with its devices that have packages of them.
type ended map[support.System]*endedSet

type endedSet struct {
	support.EndedSystem
	on *subset.Set
	// having is what on is made of.
	having []bool
}

// Weight returns about how much memory it takes, in bytes.
func (e ended) Weight() (bytes int64) {
	for _, one := range e {
		bytes += 300 + one.on.Weight()
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
			if s, ok := support.Of(&one.SoftwareKey, one.EndOfSupport, ""); ok {
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
		for _, one := range all {
			one.on, one.having = subset.Of(one.having), nil
		}
		return all, nil
	})
}

// add adds the devices of a range that have a release, by their systems.
func (e ended) add(of *projection.Release, known []projection.Device, has []bool) {
	for d, ok := range has {
		if !ok {
			continue
		}
		s, _ := support.Of(&of.SoftwareKey, of.EndOfSupport, known[d].OSVersion)
		if e[s] == nil {
			e[s] = &endedSet{EndedSystem: support.EndedSystem{System: s}, having: make([]bool, len(has))}
		}
		e[s].Merge(of.EndOfSupport, of.EndOfSupportDate)
		e[s].having[d] = true
	}
}

// EndedSystems lists the systems that have no support any more, by vendor and version: of all devices, or of some.
func (v Fleet) EndedSystems(ctx context.Context, among []Device) ([]support.EndedSystem, error) {
	sums := map[support.System]support.EndedSystem{}
	add := func(s support.System, one *endedSet, devices int64) {
		sum := sums[s]
		sum.System = s
		sum.Merge(one.Status, one.Date)
		sum.Devices += devices
		sums[s] = sum
	}
	if among != nil {
		err := v.endedAmong(ctx, among, func(s support.System, one *endedSet) { add(s, one, 1) })
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
			add(s, one, one.on.Devices())
		}
	}
	return sorted(sums), nil
}

// endedAmong calls yield with each system without support of each of some devices.
func (v Fleet) endedAmong(ctx context.Context, among []Device, yield func(support.System, *endedSet)) error {
	for i := range among {
		r, at, err := v.locate(ctx, among[i].ID)
		if err != nil {
			return err
		}
		if r == nil {
			continue // of no group of the scope
		}
		some, err := endedIn(v.scope, r)
		if err != nil {
			return err
		}
		for s, one := range some {
			if one.on.Has(at) {
				yield(s, one)
			}
		}
	}
	return nil
}

func sorted(sums map[support.System]support.EndedSystem) []support.EndedSystem {
	return slices.SortedFunc(maps.Values(sums), func(a, b support.EndedSystem) int {
		return cmp.Or(cmp.Compare(a.Vendor, b.Vendor), cmp.Compare(a.Version, b.Version))
	})
}

// On lists the devices of a system that EndedSystems lists of all devices, by group and id.
func (v Fleet) On(ctx context.Context, of support.EndedSystem, p Page) (List[Device], error) {
	return pageOf(ctx, v.scope, p, of.Devices, func(i int) (*subset.Set, error) {
		all, err := endedIn(v.scope, v.ranges[i])
		if err != nil || all[of.System] == nil {
			return nil, err
		}
		return all[of.System].on, nil
	})
}
