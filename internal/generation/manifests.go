package generation

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Manifest returns the manifest of a snapshot, which must not be changed. What
// was read of it lately, its indexes and deltas too, is remembered.
func (p *Publisher) Manifest(s publication.Snapshot) (*snapshot.Manifest, error) {
	return p.reader.Manifest(s.Manifest.Path, s.Manifest.SHA256)
}

// latest reads the manifest of the newest snapshot; an empty one if there is none.
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
