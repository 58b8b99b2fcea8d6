package pipeline

import (
	"context"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store"
)

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
	old, err := p.store.Prunable(ctx, organization, before)
	if err != nil {
		return err
	}
	for _, s := range old { // nobody reads the manifest of a snapshot without files
		if err := p.files.Remove(s.Manifest.Path); err != nil {
			return err
		}
	}
	return p.store.PruneHistory(ctx, organization, before)
}

// retireFull retires the sheets and full parts of snapshot i. Files that it
// does not share with the next snapshot that has its files are in no later one:
// reuse goes from one snapshot to the next only. Between the two there may be
// one whose files a repair gave up.
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
	next := i + 1
	for next < len(all)-2 && all[next].Full == store.Retired {
		next++
	}
	files, err := p.onlyIn(s, &all[next])
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
