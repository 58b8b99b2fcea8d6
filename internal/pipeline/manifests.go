package pipeline

import (
	"sync"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// maxManifests is how many manifests are remembered.
const maxManifests = 64

// manifests remembers manifests that were read: they never change.
type manifests struct {
	mu   sync.Mutex
	read map[snapshot.Digest]*snapshot.Manifest
}

// Manifest returns the manifest of a snapshot, which must not be changed.
func (p *Pipeline) Manifest(s store.Snapshot) (*snapshot.Manifest, error) {
	p.manifests.mu.Lock()
	m := p.manifests.read[s.Manifest.SHA256]
	p.manifests.mu.Unlock()
	if m != nil {
		return m, nil
	}
	m, err := p.files.ReadManifest(s.Manifest.Path, s.Manifest.SHA256)
	if err != nil {
		return nil, err
	}
	p.manifests.mu.Lock()
	defer p.manifests.mu.Unlock()
	if len(p.manifests.read) >= maxManifests || p.manifests.read == nil {
		p.manifests.read = map[snapshot.Digest]*snapshot.Manifest{}
	}
	p.manifests.read[s.Manifest.SHA256] = m
	return m, nil
}
