package generation

import (
	"sync"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// maxRemembered bounds the manifests that are remembered, in segments of all
// of them: some 30 MB.
const maxRemembered = 1 << 19

// manifests remembers manifests that were read: they never change.
type manifests struct {
	mu       sync.Mutex
	read     map[snapshot.Digest]*snapshot.Manifest
	segments int
}

// Manifest returns the manifest of a snapshot, which must not be changed.
func (p *Publisher) Manifest(s store.Snapshot) (*snapshot.Manifest, error) {
	sum := snapshot.Digest(s.Manifest.SHA256)
	if m := p.manifests.get(sum); m != nil {
		return m, nil
	}
	m, err := p.files.ReadManifest(s.Manifest.Path, sum)
	if err != nil {
		return nil, err
	}
	p.manifests.put(sum, m)
	return m, nil
}

func (c *manifests) get(sum snapshot.Digest) *snapshot.Manifest {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.read[sum]
}

// put remembers a manifest, and forgets all others if they take too much.
func (c *manifests) put(sum snapshot.Digest, m *snapshot.Manifest) {
	c.mu.Lock()
	defer c.mu.Unlock()
	weight := segmentsOf(m)
	if c.read == nil || c.segments+weight > maxRemembered {
		c.read, c.segments = map[snapshot.Digest]*snapshot.Manifest{}, 0
	}
	c.read[sum] = m
	c.segments += weight
}

func segmentsOf(m *snapshot.Manifest) (n int) {
	for i := range m.Ranges {
		for _, parts := range []snapshot.Parts{m.Ranges[i].Full, m.Ranges[i].Delta} {
			for _, p := range parts {
				n += len(p.Segments) + 1
			}
		}
	}
	return n
}
