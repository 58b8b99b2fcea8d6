package generation

import (
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Manifest returns the manifest of a snapshot, which must not be changed. What
// was read of it lately, its indexes and deltas too, is remembered.
func (p *Publisher) Manifest(s store.Snapshot) (*snapshot.Manifest, error) {
	return manifestIn(p.reader, s)
}

func manifestIn(r *snapshot.Reader, s store.Snapshot) (*snapshot.Manifest, error) {
	return r.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}
