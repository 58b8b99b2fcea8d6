package generation

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/counts"
	"github.com/muster-project/muster/internal/counts/why"
	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// manifestOf builds the manifest of a generation whose ranges are complete.
func manifestOf(organization string, number int64, begun time.Time, p *merge.Pin,
	ranges []*snapshot.Made) *snapshot.Manifest {
	m := &snapshot.Manifest{
		Organization: organization, Number: number, Previous: p.Previous, Begun: begun,
		Catalog: p.Catalog, Benchmark: cmp.Or(p.Checks, p.Benchmark), RowShape: p.RowShape, Feeds: p.Feeds,
		RemovedFeeds: p.RemovedFeeds, Removal: p.Removal,
	}
	if p.Reasons {
		m.Fixed, m.Why = counts.FixedByGroup{}, why.ByRange{}
	}
	if p.Exceptions != 0 {
		m.Excepted = counts.ByGroup{}
	}
	for _, made := range ranges {
		if made.Anew {
			m.Previous = snapshot.BeganAnew
		}
		m.Version = made.Version
		m.Add(made)
		m.Excepted.Add(made.Group, made.Delta.Excepted)
	}
	return m
}

// Recall rebuilds the newest snapshot's manifest and deltas from what the database still has of its
// generation. It returns nil if the result does not have the manifest's hash.
func (h *Hold) Recall(ctx context.Context, s *publication.Snapshot) (manifest, deltas []byte, err error) {
	g, err := h.store.Publication.Generation(ctx, h.organization, s.Number)
	if err != nil {
		return nil, nil, err
	}
	pinned, err := merge.ReadPin(g)
	if err != nil {
		return nil, nil, nil // the pin was removed
	}
	completions, err := h.store.Publication.Completions(ctx, h.organization, s.Number)
	if err != nil || len(completions) != len(pinned.Ranges) {
		return nil, nil, err
	}
	ranges := make([]*snapshot.Made, len(pinned.Ranges))
	for i := range ranges {
		if ranges[i], err = h.reader.Made(completions[i]); err != nil {
			return nil, nil, nil
		}
	}
	m := manifestOf(h.organization, s.Number, g.Begun, &pinned, ranges)
	weights, err := answer.New(h.files).Of(m, nil).Compliance(ctx)
	if err != nil {
		weights = nil // a projection is damaged or missing
	}
	for _, m.Compliance = range []counts.ComplianceByGroup{weights, nil} { // an older program weighed nothing
		manifest, deltas, err = snapshot.ManifestBytes(s.Manifest.Path, m)
		if err != nil {
			return nil, nil, fmt.Errorf("rebuilding manifest %q: %w", s.Manifest.Path, err)
		}
		if snapshot.DigestOf(manifest) == s.Manifest.SHA256 {
			return manifest, deltas, nil
		}
	}
	return nil, nil, nil
}

// publish writes the manifest and moves the pointer to the new snapshot.
func (c *conductor) publish(ctx context.Context, ranges []*snapshot.Made) (publication.Snapshot, error) {
	m := manifestOf(c.Organization, c.Number, c.Begun, &c.Pin, ranges)
	c.trace("summarize")
	summary, heads, err := answer.Summarize(ctx, c.files, m)
	if err != nil {
		return publication.Snapshot{}, err
	}
	m.Compliance = heads.Compliance()
	counted, err := c.count(ctx, m, ranges, heads)
	if err != nil {
		return publication.Snapshot{}, err
	}
	id := uuid.NewString()
	if err := c.hold.lease.StartManifest(ctx, c.Number, id); err != nil {
		return publication.Snapshot{}, fmt.Errorf("publishing: %w", err)
	}
	name := snapshot.ManifestName(c.Organization, c.Number, id)
	if err := summary.Write(c.files, name); err != nil {
		return publication.Snapshot{}, err
	}
	file, err := c.files.WriteManifest(name, m)
	if err != nil {
		return publication.Snapshot{}, err
	}
	totals, err := json.Marshal(m.Totals(nil))
	if err != nil {
		return publication.Snapshot{}, fmt.Errorf("encoding totals: %w", err)
	}
	c.trace("seal")
	s, err := c.hold.lease.Seal(ctx, c.Number,
		publication.ManifestRef{Path: file.Path, SHA256: file.SHA256, Totals: string(totals), Attempt: id,
			Counted: counted}, c.clock())
	if err != nil { // Sweep decides whether the manifest can be removed
		return publication.Snapshot{}, fmt.Errorf("publishing: %w", err)
	}
	return s, nil
}
