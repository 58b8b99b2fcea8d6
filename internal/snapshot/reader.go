package snapshot

import (
	"unsafe"

	"github.com/muster-project/muster/internal/snapshot/cache"
)

// maxRemembered bounds the cache of a Reader, in bytes.
const maxRemembered = 32 << 20

// Reader reads manifests, indexes and deltas and caches them: they never change. Concurrent
// requests for one file share one read. It is safe for concurrent use; its results must not be
// changed.
type Reader struct {
	files *Files
	cache *cache.Cache
}

// NewReader returns a Reader with an empty cache.
func (f *Files) NewReader() *Reader { return &Reader{files: f, cache: cache.New(maxRemembered)} }

// Manifest reads a manifest and checks it against the hash in the store. Everything it needs later
// is read through the Reader, too.
func (c *Reader) Manifest(name string, sum Digest) (*Manifest, error) {
	return cache.Once(c.cache, cache.Key{Name: name, Sum: sum}, func() (*Manifest, int64, error) {
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
	return cache.Once(c.cache, cache.Key{Name: want.Path, Sum: want.SHA256}, func() (*Index, int64, error) {
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
	return cache.Once(c.cache, cache.Key{Name: want.Path, Sum: want.SHA256}, func() (*deltas, int64, error) {
		s, err := c.files.deltas(want)
		if err != nil {
			return nil, 0, err
		}
		return s, want.Bytes + int64(len(s.ranges))*int64(unsafe.Sizeof(deltaOf{})), nil
	})
}
