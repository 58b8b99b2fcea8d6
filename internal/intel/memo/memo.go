// Package memo remembers answers within bounds. Frequent ones stay.
package memo

import (
	"hash/maphash"
	"sync"
)

// Memo caches values that cost much to make. It is bounded and safe for concurrent use. Each shard has two
// halves, and when the newer one is full the older one is dropped, so frequently used values stay.
type Memo[K comparable, V any] struct {
	seed   maphash.Seed
	weigh  func(K, *V) int
	shards [shards]shard[K, V]
}

const (
	shards = 32
	// most bounds the weight of a half of a shard.
	most = 10_000
)

type shard[K comparable, V any] struct {
	sync.Mutex
	newer, older map[K]*V
	weight       int
}

// New returns an empty memo, which holds values with a weight of 640,000 at most.
func New[K comparable, V any](weigh func(K, *V) int) *Memo[K, V] {
	return &Memo[K, V]{seed: maphash.MakeSeed(), weigh: weigh}
}

func (m *Memo[K, V]) shard(key K) *shard[K, V] {
	return &m.shards[maphash.Comparable(m.seed, key)%shards]
}

// Get returns a cached value, or nil.
func (m *Memo[K, V]) Get(key K) *V {
	s := m.shard(key)
	s.Lock()
	defer s.Unlock()
	if v := s.newer[key]; v != nil {
		return v
	}
	v := s.older[key]
	if v != nil {
		s.put(key, v, m.weigh(key, v))
	}
	return v
}

// Put caches a value.
func (m *Memo[K, V]) Put(key K, v *V) {
	s := m.shard(key)
	s.Lock()
	defer s.Unlock()
	s.put(key, v, m.weigh(key, v))
}

func (s *shard[K, V]) put(key K, v *V, weight int) {
	if s.newer == nil || s.weight >= most {
		s.newer, s.older, s.weight = map[K]*V{}, s.newer, 0
	}
	s.newer[key] = v
	s.weight += weight
}
