package pipeline

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

// Sweep removes the files of attempts that lost or died. Nobody names them.
func (p *Pipeline) Sweep(ctx context.Context, organization string) error {
	dead, err := p.store.DeadAttempts(ctx, organization)
	if err != nil {
		return err
	}
	for _, attempt := range dead {
		g, err := p.store.Generation(ctx, organization, attempt.Generation)
		if err != nil {
			return fmt.Errorf("sweeping attempt %q: %w", attempt.ID, err)
		}
		var pinned pin
		if err := json.Unmarshal(g.Pin, &pinned); err != nil {
			return fmt.Errorf("sweeping attempt %q: reading what generation %d has pinned: %w", attempt.ID, g.Number, err)
		}
		if attempt.Range >= len(pinned.Ranges) {
			return fmt.Errorf("sweeping attempt %q: generation %d has no range %d", attempt.ID, g.Number, attempt.Range)
		}
		naming := snapshot.Naming{Organization: organization, Begun: g.Begun,
			Group: pinned.Ranges[attempt.Range].Group, Ordinal: attempt.Range, Attempt: attempt.ID}
		for _, name := range naming.Names() {
			if err := p.files.Remove(name); err != nil {
				return err
			}
		}
		p.trace("forget attempt")
		if err := p.store.ForgetAttempt(ctx, organization, attempt.ID); err != nil {
			return err
		}
	}
	return nil
}

// sweepManifests removes manifests that were written and never published.
func (p *Pipeline) sweepManifests(ctx context.Context, organization string) error {
	snapshots, err := p.store.Snapshots(ctx, organization)
	if err != nil {
		return err
	}
	published := map[string]bool{}
	for _, s := range snapshots {
		published[s.Manifest.Path] = true
	}
	return p.files.RemoveManifests(organization, published)
}

// Retire removes files whose time is over: full snapshots KeepFull after they
// were last the newest, but never the two newest; deltas KeepDelta after they
// were published. It finishes what an earlier call left undone.
func (p *Pipeline) Retire(ctx context.Context, organization string) error {
	p.publishing.Lock()
	defer p.publishing.Unlock()
	return p.retire(ctx, organization)
}

// retire is Retire for callers that hold p.publishing.
func (p *Pipeline) retire(ctx context.Context, organization string) error {
	if err := p.Sweep(ctx, organization); err != nil {
		return err
	}
	snapshots, err := p.store.Snapshots(ctx, organization)
	if err != nil {
		return err
	}
	now := p.clock()
	for i := range snapshots {
		if err := p.retireFull(ctx, organization, snapshots, i, now); err != nil {
			return err
		}
		if err := p.retireDelta(ctx, organization, &snapshots[i], now); err != nil {
			return err
		}
	}
	return p.forget(ctx, organization, now.Add(-p.settings.KeepReceipts))
}

// forget removes what nobody asks for any more: receipts, and snapshots and
// generations without files.
func (p *Pipeline) forget(ctx context.Context, organization string, before time.Time) error {
	if err := p.store.PruneReceipts(ctx, before); err != nil {
		return err
	}
	if err := p.store.PruneHistory(ctx, organization, before); err != nil {
		return err
	}
	return p.sweepManifests(ctx, organization)
}

// retireFull retires the sheets and full parts of snapshot i. Files that it
// does not share with the next snapshot are in no later one: reuse goes from
// one snapshot to the next only.
func (p *Pipeline) retireFull(ctx context.Context, organization string, all []store.Snapshot, i int, now time.Time) error {
	s := &all[i]
	if s.Full == store.Retired || i >= len(all)-2 {
		return nil
	}
	if s.Full == store.Kept && now.Sub(all[i+1].Generated) < p.settings.KeepFull {
		return nil
	}
	if i > 0 && all[i-1].Full != store.Retired {
		return nil // an older one is still kept, and may share files with it
	}
	files, err := p.onlyIn(s, &all[i+1])
	if err != nil {
		return err
	}
	if err := p.retireFiles(ctx, organization, s, store.Retiring, s.Delta, files); err != nil {
		return err
	}
	s.Full = store.Retired
	return p.store.SetRetention(ctx, organization, s.Number, s.Full, s.Delta)
}

func (p *Pipeline) onlyIn(s, next *store.Snapshot) ([]snapshot.File, error) {
	m, err := p.Manifest(*s)
	if err != nil {
		return nil, err
	}
	following, err := p.Manifest(*next)
	if err != nil {
		return nil, err
	}
	shared := map[string]bool{}
	kept, _ := following.Files()
	for _, f := range kept {
		shared[f.Path] = true
	}
	var alone []snapshot.File
	full, _ := m.Files()
	for _, f := range full {
		if !shared[f.Path] {
			alone = append(alone, f)
		}
	}
	return alone, nil
}

// retireDelta retires the delta parts of a snapshot.
func (p *Pipeline) retireDelta(ctx context.Context, organization string, s *store.Snapshot, now time.Time) error {
	if s.Delta == store.Retired || s.Delta == store.Kept && now.Sub(s.Generated) < p.settings.KeepDelta {
		return nil
	}
	m, err := p.Manifest(*s)
	if err != nil {
		return err
	}
	_, files := m.Files()
	if err := p.retireFiles(ctx, organization, s, s.Full, store.Retiring, files); err != nil {
		return err
	}
	s.Delta = store.Retired
	return p.store.SetRetention(ctx, organization, s.Number, s.Full, s.Delta)
}

// retireFiles says that the files are going before the first one goes, so that
// nobody is promised a file that is not there.
func (p *Pipeline) retireFiles(ctx context.Context, organization string, s *store.Snapshot, full, delta store.Retention, files []snapshot.File) error {
	p.trace("retire")
	if err := p.store.SetRetention(ctx, organization, s.Number, full, delta); err != nil {
		return err
	}
	for _, f := range files {
		if err := p.files.Remove(f.Path); err != nil {
			return fmt.Errorf("retiring snapshot %d: %w", s.Number, err)
		}
	}
	return nil
}
