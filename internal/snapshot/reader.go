package snapshot

import (
	"container/list"
	"errors"
	"sync"
	"unsafe"
)

// maxRemembered bounds the cache of a Reader, in bytes.
const maxRemembered = 32 << 20

// Reader reads manifests, indexes and deltas and caches them: they never change. Concurrent
// requests for one file share one read. It is safe for concurrent use; its results must not be
// changed.
type Reader struct {
	files *Files

	mu     sync.Mutex
	read   map[identity]*reading
	recent *list.List // finished *reading values, the most recent first
	bytes  int64
}

// identity is the cache key of a file.
type identity struct {
	name string
	sum  Digest
}

// reading is one file that is being read or was read.
type reading struct {
	key   identity
	done  chan struct{}
	value any
	err   error
	bytes int64
	at    *list.Element
}

// NewReader returns a Reader with an empty cache.
func (f *Files) NewReader() *Reader {
	return &Reader{files: f, read: map[identity]*reading{}, recent: list.New()}
}

// Manifest reads a manifest and checks it against the hash in the store. Everything it needs later
// is read through the Reader, too.
func (c *Reader) Manifest(name string, sum Digest) (*Manifest, error) {
	return once(c, name, sum, func() (*Manifest, int64, error) {
		m, bytes, err := readManifest(c.files, name, sum, c)
		if err != nil {
			return nil, 0, err
		}
		weight := bytes + int64(len(m.Ranges))*int64(unsafe.Sizeof(Range{}))
		for i := range m.Ranges {
			if x := m.Ranges[i].full; x != nil { // version 1
				weight += x.weight()
			}
		}
		return m, weight, nil
	})
}

// Made decodes the recorded result for a completed range.
func (c *Reader) Made(data []byte) (*Made, error) {
	made, err := parseMade(data)
	if err != nil {
		return nil, err
	}
	made.source = c
	return made, nil
}

func (c *Reader) index(want File) (*Index, error) {
	return once(c, want.Path, want.SHA256, func() (*Index, int64, error) {
		x, err := c.files.index(want)
		if err != nil {
			return nil, 0, err
		}
		return x, x.weight(), nil
	})
}

// weight returns about how much memory an index takes.
func (x *Index) weight() int64 {
	n := int64(1 << 10)
	for _, p := range x.Full {
		n += int64(cap(p.Segments)) * int64(unsafe.Sizeof(Fragment{}))
	}
	return n
}

func (c *Reader) deltas(want File) (*deltas, error) {
	return once(c, want.Path, want.SHA256, func() (*deltas, int64, error) {
		s, err := c.files.deltas(want)
		if err != nil {
			return nil, 0, err
		}
		return s, want.Bytes + int64(len(s.ranges))*int64(unsafe.Sizeof(deltaOf{})), nil
	})
}

// errUnread is the error of a reading that panicked.
var errUnread = errors.New("reading ended early")

// once returns the decoded content of a file; concurrent callers share one read. An error is
// returned to those who waited, and not cached.
func once[V any](c *Reader, name string, sum Digest, read func() (V, int64, error)) (V, error) {
	c.mu.Lock()
	key := identity{name, sum}
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
	value, _ := r.value.(V) // the names of different kinds of files differ
	return value, r.err
}

// ended caches a result, and drops the least recently used ones.
func (c *Reader) ended(r *reading) {
	c.mu.Lock()
	defer c.mu.Unlock()
	close(r.done)
	if r.err != nil {
		delete(c.read, r.key)
		return
	}
	r.at = c.recent.PushFront(r)
	for c.bytes += r.bytes; c.bytes > maxRemembered && c.recent.Len() > 1; {
		last := c.recent.Remove(c.recent.Back()).(*reading) // the list has no other type
		c.bytes -= last.bytes
		delete(c.read, last.key)
	}
}
