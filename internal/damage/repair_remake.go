package damage

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/google/uuid"

	"github.com/muster-project/muster/internal/answer"
	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/publication"
)

// remakeSnapshot makes the damaged ranges of a snapshot again, as far as law 1 allows, and seals
// it anew.
func (r *repair) remakeSnapshot(ctx context.Context, i int) error {
	if len(r.damaged[i]) == 0 || r.lost[i] { // law 1 needs its deltas
		return nil
	}
	s, m := &r.snapshots[i], r.manifests[i]
	batch, remade := r.files.NewBatch(), map[int]*snapshot.Made{}
	change := publication.Repair{Number: s.Number, Before: s.Manifest.SHA256}
	var done []int
	for _, n := range slices.Sorted(maps.Keys(r.damaged[i])) {
		made, attempt, err := r.remakeRange(ctx, batch, i, n)
		if attempt != "" {
			change.Attempts = append(change.Attempts, attempt)
		}
		switch {
		case errors.Is(err, snapshot.ErrLost), errors.Is(err, snapshot.ErrDamaged):
			continue // giveUp reports it
		case err != nil:
			return err
		}
		done = append(done, n)
		if made != nil {
			remade[n] = made
		}
	}
	if len(done) == 0 {
		return nil
	}
	if !r.Dry {
		if err := batch.Sync(); err != nil {
			return err
		}
		whole, err := m.With(remade)
		if err != nil {
			return err
		}
		if err := r.reseal(ctx, i, whole, change); err != nil {
			return err
		}
	}
	for _, n := range done {
		for _, f := range r.damaged[i][n].Files {
			r.told(i, f.Path, howRemade, "from the snapshot before and what changed")
		}
		delete(r.damaged[i], n)
	}
	return nil
}

// remakeRange makes one range again, by an attempt that is recorded before its files exist. A dry
// run makes nothing.
func (r *repair) remakeRange(ctx context.Context, batch *snapshot.Batch,
	i, n int) (made *snapshot.Made, attempt string, err error) {
	rng := &r.manifests[i].Ranges[n]
	remaking := proof.Remaking{Of: r.manifests[i], Number: n, Damage: r.damaged[i][n],
		Before: r.before(i), Encoder: r.encoder}
	if err := remaking.Possible(); err != nil {
		return nil, "", err
	}
	if r.Dry {
		return nil, "", r.soundBefore(i, rng)
	}
	id := uuid.NewString()
	remaking.Naming = snapshot.Naming{Organization: r.organization, Begun: r.manifests[i].Begun,
		Group: rng.Group, Ordinal: n, Attempt: id}
	r.trace("start repair")
	if err := r.Lease().StartRepair(ctx, r.snapshots[i].Number, r.clock(),
		publication.Attempt{ID: id, Range: n}); err != nil {
		return nil, "", err
	}
	made, err = proof.Remake(ctx, r.files, batch, remaking)
	if err != nil {
		err = fmt.Errorf("range %d of snapshot %d: %w", n, r.snapshots[i].Number, err)
	}
	return made, id, err
}

// before returns the snapshot from which one was made, if its full parts are kept.
func (r *repair) before(i int) *snapshot.Manifest {
	if i == 0 || r.manifests[i-1] == nil || r.snapshots[i-1].Full != publication.Kept ||
		r.manifests[i].Previous != r.manifests[i-1].Number {
		return nil
	}
	return r.manifests[i-1]
}

// soundBefore reports, for a dry run, whether the range's devices are intact in the snapshot
// before.
func (r *repair) soundBefore(i int, rng *snapshot.Range) error {
	for n, d := range r.damaged[i-1] {
		if d.OfFull() && r.manifests[i-1].Ranges[n].Overlaps(rng.Group, rng.Lo, rng.Hi) {
			return snapshot.ErrLost
		}
	}
	return nil
}

// reseal publishes a repaired manifest in place of the old one. Files that only the old one names
// are swept afterwards.
func (r *repair) reseal(ctx context.Context, i int, m *snapshot.Manifest, change publication.Repair) error {
	s, id := &r.snapshots[i], uuid.NewString()
	change.Manifest.Attempt = id
	if err := r.Lease().StartRepair(ctx, s.Number, r.clock(),
		publication.Attempt{ID: id, Range: publication.ManifestRange}); err != nil {
		return err
	}
	summary, _, err := answer.Summarize(ctx, r.files, m)
	if err != nil {
		return err
	}
	name := snapshot.ManifestName(r.organization, s.Number, id)
	if err := summary.Write(r.files, name); err != nil {
		return err
	}
	file, err := r.files.WriteManifest(name, m)
	if err != nil {
		return err
	}
	totals, err := json.Marshal(m.Totals(nil))
	if err != nil {
		return fmt.Errorf("counting the totals: %w", err)
	}
	change.Manifest.Path, change.Manifest.SHA256, change.Manifest.Totals = file.Path, file.SHA256, string(totals)
	change.Old = append(replaced(r.manifests[i], m), snapshot.AttemptOf(s.Manifest.Path))
	r.trace("reseal")
	if err := r.Lease().Reseal(ctx, change, r.clock()); err != nil {
		return err
	}
	s.Manifest, r.manifests[i] = change.Manifest, m
	return nil
}

// replaced lists the attempts with files that the old manifest names and the new one does not.
func replaced(old, now *snapshot.Manifest) []string {
	named, attempts := map[string]bool{}, map[string]bool{}
	name(named, filesOf(now))
	for _, f := range filesOf(old) {
		if !named[f.Path] {
			attempts[snapshot.AttemptOf(f.Path)] = true
		}
	}
	return slices.Sorted(maps.Keys(attempts))
}

// filesOf lists the files that a manifest names, as far as they can be read.
func filesOf(m *snapshot.Manifest) []snapshot.File {
	full, _ := m.FullFiles()   // damage is reported elsewhere
	delta, _ := m.DeltaFiles() // likewise
	return append(full, delta...)
}

// giveUp gives up files that could not be repaired, or reports that they remain damaged.
func (r *repair) giveUp(ctx context.Context) error {
	last := len(r.snapshots) - 1
	anew := publication.Wish{}
	for i := range r.snapshots {
		full, delta := r.snapshots[i].Full, r.snapshots[i].Delta
		if r.manifests[i] == nil && !r.done(i) && !r.recalled(i) {
			full, delta = publication.Retired, publication.Retired
			anew.Rebuild = anew.Rebuild || i == last
			r.tellLost(i, i == last, r.snapshots[i].Manifest.Path, "the manifest is lost, so its files are unknown")
		}
		if r.lost[i] {
			delta = publication.Retired
			r.tellLost(i, false, r.manifests[i].Deltas.Path, "no copy was found, and the database no longer has the changes")
		}
		for _, n := range slices.Sorted(maps.Keys(r.damaged[i])) {
			d := r.damaged[i][n]
			if d.OfFull() {
				full, anew.Anew = publication.Retired, anew.Anew || i == last
			}
			if d.OfDelta() {
				delta = publication.Retired
			}
			for _, f := range d.Files {
				r.tellLost(i, i == last && d.OfFull(), f.Path, "no copy was found, and it cannot be made from the snapshot before")
			}
		}
		if !r.GiveUp || r.Dry || full == r.snapshots[i].Full && delta == r.snapshots[i].Delta {
			continue
		}
		if i == last && (anew.Anew || anew.Rebuild) {
			if err := r.beginAnew(ctx, anew); err != nil {
				return err
			}
		}
		if err := r.retireLost(ctx, i, full, delta); err != nil {
			return err
		}
	}
	return nil
}

// recalled reports whether a dry run would have restored a manifest.
func (r *repair) recalled(i int) bool {
	return slices.ContainsFunc(r.report.Files,
		func(f control.Repaired) bool { return f.File == r.snapshots[i].Manifest.Path })
}

// tellLost reports what happens to a file that cannot be repaired.
func (r *repair) tellLost(i int, anew bool, file, why string) {
	switch {
	case !r.GiveUp:
		r.told(i, file, howLeft, why)
	case anew:
		r.told(i, file, howAnew, why)
	default:
		r.told(i, file, howGivenUp, why)
	}
}

// beginAnew publishes the next snapshot, in which damaged ranges begin anew. An interrupted
// generation is finished first, whatever its result.
func (r *repair) beginAnew(ctx context.Context, how publication.Wish) error {
	s, err := r.Publish(ctx, how)
	if err != nil {
		return err
	}
	r.report.Published = s.Number
	return nil
}

// retireLost retires files of a snapshot and leaves them to be swept.
func (r *repair) retireLost(ctx context.Context, i int, full, delta publication.Retention) error {
	s := &r.snapshots[i]
	attempts := map[string]bool{}
	if m := r.manifests[i]; m != nil {
		fullFiles, _ := m.FullFiles()   // an index and its files have the same attempt
		deltaFiles, _ := m.DeltaFiles() // the files of lost deltas are unknown
		if full == publication.Retired {
			attempts = attemptsOf(attempts, fullFiles)
		}
		if delta == publication.Retired {
			attempts = attemptsOf(attempts, deltaFiles)
		}
	}
	r.trace("give up")
	if err := r.Lease().GiveUp(ctx, s.Number, full, delta, slices.Sorted(maps.Keys(attempts)), r.clock()); err != nil {
		return err
	}
	s.Full, s.Delta = full, delta
	return nil
}

func attemptsOf(attempts map[string]bool, files []snapshot.File) map[string]bool {
	for _, f := range files {
		attempts[snapshot.AttemptOf(f.Path)] = true
	}
	return attempts
}
