package generation

import (
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// Manifest returns the manifest of a snapshot, which must not be changed. What
// was read of it lately, its indexes and deltas too, is remembered.
func (p *Publisher) Manifest(s publication.Snapshot) (*snapshot.Manifest, error) {
	return p.reader.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}
