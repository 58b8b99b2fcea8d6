package generation

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/clock"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// Retire removes files by age: full snapshots KeepFull after a newer one was published, but never
// the two newest; deltas KeepDelta after they were published. It finishes what an interrupted call
// left. While in doubt it removes nothing by age, and that is not an error.
func (p *Publisher) Retire(ctx context.Context, organization string) error {
	h, ctx, err := p.Hold(ctx, organization)
	if err != nil {
		return err
	}
	defer h.Release()
	return h.retire(ctx)
}

// retire is Retire for the owner of a Hold. While a backup is being taken it removes nothing, and that is no
// error either.
func (h *Hold) retire(ctx context.Context) error {
	err := retireOld(ctx, h)
	if errors.Is(err, database.ErrPaused) {
		h.log.InfoContext(ctx, "nothing is removed while a backup is being taken", "organization", h.organization)
		return nil
	}
	return err
}

func retireOld(ctx context.Context, h *Hold) error {
	if err := h.Sweep(ctx); err != nil {
		return err
	}
	clock, err := h.watcher.Look(ctx, h.organization, h.clock(), false)
	if errors.Is(err, watch.ErrDoubt) {
		return nil // only Sweep does not depend on age
	}
	if err != nil {
		return err
	}
	snapshots, err := h.store.Publication.Snapshots(ctx, h.organization)
	if err != nil {
		return err
	}
	sealed, err := h.store.Publication.Sealed(ctx, h.organization)
	if err != nil {
		return err
	}
	replaced := ages(snapshots, sealed, clock)
	for i := range snapshots {
		if err := h.retireFull(ctx, snapshots, i, replaced[i+1]); err != nil {
			return err
		}
		if err := h.retireDelta(ctx, &snapshots[i], replaced[i]); err != nil {
			return err
		}
	}
	if err := h.store.Counted.Prune(ctx, h.organization, clock.Silent(h.settings.KeepTrend)); err != nil {
		return err
	}
	return h.forget(ctx, h.organization, clock.Silent(h.settings.KeepReceipts))
}

// unknown is the age of a snapshot that was sealed later than now.
const unknown time.Duration = -1

// ages returns for each snapshot, in order, the least time since it was published, and unknown as
// the last element. A snapshot that was sealed in the future has the age of the one after it. One
// from before a long gap has the age of the gap's end.
func ages(snapshots []publication.Snapshot, sealed map[int64]time.Time, c *clock.Clock) []time.Duration {
	all := make([]time.Duration, len(snapshots)+1)
	all[len(snapshots)] = unknown
	for i := len(snapshots) - 1; i >= 0; i-- {
		at := sealed[snapshots[i].Number]
		if at.Before(c.Since) {
			at = c.Since
		}
		all[i] = max(all[i+1], unknown, c.Now.Sub(at))
	}
	return all
}

// forget removes old receipts, and old snapshots and generations without files.
func (h *Hold) forget(ctx context.Context, organization string, before time.Time) error {
	if err := h.store.Reports.PruneReceipts(ctx, organization, before); err != nil {
		return err
	}
	old, err := h.store.Publication.Prunable(ctx, organization, before)
	if err != nil {
		return err
	}
	for _, s := range old { // the manifest of a snapshot without files is not read
		for _, name := range snapshot.ManifestFiles(s.Manifest.Path) {
			if err := h.files.Remove(name); err != nil {
				return err
			}
		}
	}
	return h.store.Publication.PruneHistory(ctx, organization, before)
}

// retireFull retires the sheets and full parts of snapshot i. replaced is the time since a newer
// one was published. A file is reused from one snapshot to the next only. So a file that the next
// snapshot with files does not share is in no later one. Between the two there may be snapshots
// whose files a repair gave up.
func (h *Hold) retireFull(ctx context.Context, all []publication.Snapshot, i int, replaced time.Duration) error {
	s := &all[i]
	if s.Full == publication.Retired || i >= len(all)-2 {
		return nil
	}
	if s.Full == publication.Kept && replaced < max(0, h.settings.KeepFull) {
		return nil
	}
	if i > 0 && all[i-1].Full != publication.Retired {
		return nil // an older one is still kept and may share files
	}
	next := i + 1
	for next < len(all)-2 && all[next].Full == publication.Retired {
		next++
	}
	files, err := h.onlyIn(s, &all[next])
	if err != nil {
		return err
	}
	if err := h.retireFiles(ctx, s, publication.Retiring, s.Delta, files); err != nil {
		return err
	}
	s.Full = publication.Retired
	return h.lease.SetRetention(ctx, s.Number, s.Full, s.Delta)
}

func (h *Hold) onlyIn(s, next *publication.Snapshot) ([]snapshot.File, error) {
	m, err := h.Manifest(*s)
	if err != nil {
		return nil, err
	}
	following, err := h.Manifest(*next)
	if err != nil {
		return nil, err
	}
	kept, err := following.FullFiles()
	if err != nil {
		return nil, err
	}
	shared := map[string]bool{}
	for _, f := range kept {
		shared[f.Path] = true
	}
	full, err := m.FullFiles()
	if errors.Is(err, snapshot.ErrDamaged) && s.Full == publication.Retiring {
		// An index is removed after the files that it names. After a power loss only the index may
		// be gone.
		full, err = append(m.MadeWithLostIndexes(), full...), nil
	}
	if err != nil {
		return nil, err
	}
	var alone []snapshot.File
	for _, f := range full {
		if !shared[f.Path] {
			alone = append(alone, f)
		}
	}
	return alone, nil
}

// retireDelta retires the delta parts of a snapshot.
func (h *Hold) retireDelta(ctx context.Context, s *publication.Snapshot, age time.Duration) error {
	if s.Delta == publication.Retired || s.Delta == publication.Kept && age < max(0, h.settings.KeepDelta) {
		return nil
	}
	m, err := h.Manifest(*s)
	if err != nil {
		return err
	}
	files, err := m.DeltaFiles()
	if err != nil {
		return err
	}
	if err := h.retireFiles(ctx, s, s.Full, publication.Retiring, files); err != nil {
		return err
	}
	s.Delta = publication.Retired
	return h.lease.SetRetention(ctx, s.Number, s.Full, s.Delta)
}

// retireFiles marks the snapshot before it removes the first file, so that no caller is promised a
// file that is gone.
func (h *Hold) retireFiles(ctx context.Context, s *publication.Snapshot, full, delta publication.Retention,
	files []snapshot.File) error {
	h.trace("retire")
	if err := h.lease.SetRetention(ctx, s.Number, full, delta); err != nil {
		return err
	}
	for _, f := range files {
		if err := h.files.Remove(f.Path); err != nil {
			return fmt.Errorf("retiring snapshot %d: %w", s.Number, err)
		}
	}
	return nil
}
