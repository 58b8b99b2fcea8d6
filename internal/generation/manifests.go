package generation

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Manifest returns the manifest of a snapshot, which the caller must not change. Manifests, indexes
// and deltas that were read lately are cached.
func (p *Publisher) Manifest(s publication.Snapshot) (*snapshot.Manifest, error) {
	return p.reader.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}

// latest returns the manifest of the newest snapshot. It is empty if there is none.
func (p *Publisher) latest(ctx context.Context, organization string) (*snapshot.Manifest, error) {
	newest, err := p.store.Publication.Latest(ctx, organization)
	if errors.Is(err, database.ErrNotFound) {
		return &snapshot.Manifest{}, nil
	}
	if err != nil {
		return nil, fmt.Errorf("finding the newest snapshot: %w", err)
	}
	return p.Manifest(newest)
}
