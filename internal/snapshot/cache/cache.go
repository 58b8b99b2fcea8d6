// Package cache remembers what was read of files that never change. Concurrent callers share one read.
package cache

import (
	"container/list"
	"errors"
	"sync"

	"github.com/muster-project/muster/internal/blob"
)

// Key identifies a file by its name and content, and what of it was read.
type Key struct {
	Name string
	Sum  blob.Digest
	What string
}

// Cache holds values up to a number of bytes, those that were used last. It is safe for concurrent use;
// its values must not be changed.
type Cache struct {
	max int64

	mu     sync.Mutex
	read   map[Key]*reading
	recent list.List // finished *reading values, the most recent first
	bytes  int64
}

// reading is one value that is being read or was read.
type reading struct {
	key   Key
	done  chan struct{}
	value any
	err   error
	bytes int64
	at    *list.Element
}

// New returns an empty cache for max bytes.
func New(max int64) *Cache { return &Cache{max: max, read: map[Key]*reading{}} }

// errUnread is the error of a reading that panicked.
var errUnread = errors.New("reading ended early")

// Once returns the value for a key. If it is not in the cache, read returns it with its size in bytes;
// concurrent callers share one read. An error is returned to those who waited, and not cached.
func Once[V any](c *Cache, key Key, read func() (V, int64, error)) (V, error) {
	c.mu.Lock()
	r := c.read[key]
	if r == nil {
		r = &reading{key: key, done: make(chan struct{}), err: errUnread}
		c.read[key] = r
		c.mu.Unlock()
		defer c.ended(r)
		value, bytes, err := read()
		r.value, r.bytes, r.err = value, bytes, err
		return value, err
	}
	if r.at != nil {
		c.recent.MoveToFront(r.at)
	}
	c.mu.Unlock()
	<-r.done
	value, _ := r.value.(V) // one key has values of one type
	return value, r.err
}

// Known returns the value for a key if it is in the cache.
func Known[V any](c *Cache, key Key) (value V, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	r := c.read[key]
	if r == nil || r.at == nil {
		return value, false
	}
	c.recent.MoveToFront(r.at)
	value, ok = r.value.(V)
	return value, ok
}

// Bytes is how many bytes are cached.
func (c *Cache) Bytes() int64 {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.bytes
}

// ended caches a result, and drops the least recently used ones.
func (c *Cache) ended(r *reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(r.done)
	if r.err != nil {
		delete(c.read, r.key)
		return
	}
	r.at = c.recent.PushFront(r)
	for c.bytes += r.bytes; c.bytes > c.max && c.recent.Len() > 1; {
		last := c.recent.Remove(c.recent.Back()).(*reading) // the list has no other type
		c.bytes -= last.bytes
		delete(c.read, last.key)
	}
}
