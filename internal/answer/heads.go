package answer

import (
	"context"
	"crypto/sha256"
	"slices"

	"github.com/muster-project/muster/internal/blob"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/cache"
	"github.com/muster-project/muster/internal/snapshot/projection"
)

// groupHead is the head of a group.
type groupHead struct {
	group int64
	sum   blob.Digest // of the files of its projections
	// ranges is the number of its ranges.
	ranges int
	*summed
}

// Heads are the heads of the groups of a snapshot, by id.
type Heads []groupHead

// groupHeads returns the heads of the groups in scope, by id.
func (v *scope) groupHeads(ctx context.Context) ([]groupHead, error) {
	groups, err := groupsOf(v.ranges)
	if err != nil {
		return nil, err
	}
	known := v.answers.summaryOf(v.m)
	all := make([]groupHead, 0, len(groups))
	for _, g := range groups {
		sum, err := cache.Once(v.answers.cache, cache.Key{Name: "group", Sum: g.sum}, func() (*summed, int64, error) {
			if h := known.read(groupKey{g.id, g.sum}, len(g.ranges)); h != nil {
				return h, h.Weight(), nil
			}
			h, err := v.merge(ctx, g.ranges)
			if err != nil {
				return nil, 0, err
			}
			return h, h.Weight(), nil
		})
		if err != nil {
			return nil, err
		}
		all = append(all, groupHead{g.id, g.sum, len(g.ranges), sum})
	}
	return all, nil
}

// may says for each range of the scope whether it may have a CVE, or a product; nil for all, because
// neither is given.
func (v *scope) may(ctx context.Context, cve, vendor, name string) ([]bool, error) {
	if cve == "" && (vendor == "" || name == "") {
		return nil, nil
	}
	t, err := v.table(ctx)
	if err != nil {
		return nil, err
	}
	all, numbers := make([]bool, len(v.ranges)), lookUp(t.Head, cve, vendor, name)
	for i := range all {
		all[i] = slices.ContainsFunc(numbers, func(n int) bool { return t.places.has(n, i) })
	}
	return all, nil
}

// merge merges the heads of ranges.
func (v *scope) merge(ctx context.Context, ranges []*snapshot.Range) (*summed, error) {
	heads := make([]*projection.Head, len(ranges))
	for i, r := range ranges {
		var err error
		if err = ctx.Err(); err == nil {
			heads[i], err = v.head(r)
		}
		if err != nil {
			return nil, err
		}
	}
	sum := projection.Merge(heads...)
	return &summed{sum, placesOf(sum, heads)}, nil
}

// table returns the table of the scope.
func (v *scope) table(ctx context.Context) (*table, error) {
	groups, err := groupsOf(v.ranges)
	if err != nil {
		return nil, err
	}
	sum := sumOf(groups, func(g group) blob.Digest { return g.sum })
	key := cache.Key{Name: "table", Sum: sum}
	return cache.Once(v.answers.cache, key, func() (*table, int64, error) {
		if all := v.answers.summaryOf(v.m).read(groupKey{allGroups, sum}, len(v.ranges)); all != nil {
			t := newTable(all, key)
			return t, t.Weight(), nil
		}
		heads, err := v.groupHeads(ctx)
		if err != nil {
			return nil, 0, err
		}
		t := newTable(mergeGroups(heads), key)
		return t, t.Weight(), nil
	})
}

// mergeGroups merges the heads of groups.
func mergeGroups(groups []groupHead) *summed {
	if len(groups) == 1 {
		return groups[0].summed
	}
	all := make([]*projection.Head, len(groups))
	for i := range groups {
		all[i] = groups[i].head
	}
	sum := projection.Merge(all...)
	return &summed{sum, placesOfGroups(sum, groups)}
}

// placesOfGroups returns the places of a sum of groups.
func placesOfGroups(sum *projection.Head, groups []groupHead) *places {
	ranges := 0
	for _, g := range groups {
		ranges += g.ranges
	}
	p, before := newPlaces(sum, ranges), 0
	for _, g := range groups {
		numbersIn(sum, g.head, func(n, of int) {
			for i := range g.ranges {
				if g.places.has(of, i) {
					p.set(n, before+i)
				}
			}
		})
		before += g.ranges
	}
	return p
}

// sumOf returns the digest of the digests of several groups: whoever sees exactly these has the same.
func sumOf[G any](groups []G, of func(G) blob.Digest) blob.Digest {
	sum := sha256.New()
	for _, g := range groups {
		one := of(g)
		sum.Write(one[:])
	}
	return blob.Digest(sum.Sum(nil))
}

// group is a group with its ranges.
type group struct {
	id     int64
	ranges []*snapshot.Range
	sum    blob.Digest
}

// groupsOf cuts ranges, which are in order of group, into groups.
func groupsOf(ranges []*snapshot.Range) (all []group, err error) {
	for len(ranges) > 0 {
		n := slices.IndexFunc(ranges, func(r *snapshot.Range) bool { return r.Group != ranges[0].Group })
		if n < 0 {
			n = len(ranges)
		}
		g := group{id: ranges[0].Group, ranges: ranges[:n]}
		sum := sha256.New()
		for _, r := range g.ranges {
			file, err := projected(r)
			if err != nil {
				return nil, err
			}
			sum.Write(file.SHA256[:])
		}
		g.sum = blob.Digest(sum.Sum(nil))
		all, ranges = append(all, g), ranges[n:]
	}
	return all, nil
}
