package edge

import (
	"container/list"
	"time"
)

// Recent remembers a value for each of the most recently used keys, up to a number of keys, and
// for a limited time. It is not safe for concurrent use.
type Recent[K comparable, V any] struct {
	most   int
	life   time.Duration // since the last use
	order  *list.List    // of *remembered, the most recently used first
	places map[K]*list.Element
}

// remembered is a key with its value.
type remembered[K comparable, V any] struct {
	key   K
	value V
	used  time.Time
}

func NewRecent[K comparable, V any](most int, life time.Duration) *Recent[K, V] {
	return &Recent[K, V]{most: most, life: life, order: list.New(), places: map[K]*list.Element{}}
}

// At returns the value of a key, to be read or changed: a zero one if none is remembered.
func (r *Recent[K, V]) At(key K, now time.Time) *V {
	place, known := r.places[key]
	if !known {
		r.forget(r.most-1, now)
		place = r.order.PushFront(&remembered[K, V]{key: key})
		r.places[key] = place
	}
	r.order.MoveToFront(place)
	found := place.Value.(*remembered[K, V]) // the list has no other type
	found.used = now
	r.forget(r.most, now)
	return &found.value
}

// forget drops values that are too old, and the oldest beyond most.
func (r *Recent[K, V]) forget(most int, now time.Time) {
	for oldest := r.order.Back(); oldest != nil; oldest = r.order.Back() {
		last := oldest.Value.(*remembered[K, V])
		if r.order.Len() <= most && now.Sub(last.used) < r.life {
			return
		}
		delete(r.places, last.key)
		r.order.Remove(oldest)
	}
}
