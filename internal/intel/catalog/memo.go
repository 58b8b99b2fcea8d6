package catalog

import (
	"hash/maphash"
	"sync"
)

// memo caches verdicts. It is bounded and safe for concurrent use. Each shard has two halves, and
// when the newer one is full the older one is dropped, so frequently used verdicts stay.
type memo struct {
	seed   maphash.Seed
	shards [memoShards]memoShard
}

const (
	memoShards = 32
	// memoWeight bounds a half of a shard. A verdict weighs one, plus one per hit, plus the size
	// of long texts, all in units of hitBytes; so the whole stays under 100 MB.
	memoWeight = 10_000
	// hitBytes is about the size of a hit.
	hitBytes = 150
)

type memoShard struct {
	sync.Mutex
	newer, older map[Component]*Verdict
	weight       int
}

func newMemo() *memo { return &memo{seed: maphash.MakeSeed()} }

func (m *memo) shard(r Component) *memoShard {
	return &m.shards[maphash.Comparable(m.seed, r)%memoShards]
}

// get returns a cached verdict, or nil.
func (m *memo) get(r Component) *Verdict {
	s := m.shard(r)
	s.Lock()
	defer s.Unlock()
	if v := s.newer[r]; v != nil {
		return v
	}
	v := s.older[r]
	if v != nil {
		s.put(r, v)
	}
	return v
}

func (m *memo) put(r Component, v *Verdict) {
	s := m.shard(r)
	s.Lock()
	defer s.Unlock()
	s.put(r, v)
}

func (s *memoShard) put(r Component, v *Verdict) {
	if s.newer == nil || s.weight >= memoWeight {
		s.newer, s.older, s.weight = map[Component]*Verdict{}, s.newer, 0
	}
	s.newer[r] = v
	s.weight += 1 + len(v.Hits) + r.bytes()/hitBytes
}

// bytes is the size of a component's texts, which its verdict repeats.
func (r *Component) bytes() int {
	return len(r.Kind) + len(r.Vendor) + len(r.Name) + len(r.Version) + len(r.CPE) + len(r.PURL) + len(r.BundleID) +
		len(r.SourcePackage) + len(r.SourceVersion) + len(r.OSPlatform) + len(r.OSVersion)
}
