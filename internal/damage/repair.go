package damage

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/gzipjoin"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/snapshot/proof"
	"github.com/muster-project/muster/internal/store/database"
	"github.com/muster-project/muster/internal/store/publication"
)

// Repair repairs damaged parts, sheets and manifests of an organization. It takes them from copies
// with the right hash; else it makes them from the snapshot before and its delta, by law 1, and
// seals the snapshot anew; else, if they may be given up, it retires older files, and damaged
// ranges of the newest snapshot begin anew, so that deltas across them are refused. It may die at
// any step: the next start has the old state or the new one.
func (p *Repairer) Repair(ctx context.Context, organization string, how Repairing) (control.RepairReport, error) {
	h, ctx, err := p.publisher.Hold(ctx, organization)
	if err != nil {
		return control.RepairReport{}, fmt.Errorf("repairing: %w", err)
	}
	defer h.Release()
	r := &repair{Hold: h, Repairer: p, organization: organization, Repairing: how, encoder: gzipjoin.NewEncoder(),
		reader: p.files.NewReader(), back: map[string]bool{},
		report: control.RepairReport{Files: []control.Repaired{}, Dry: how.Dry}}
	err = r.run(ctx)
	for _, f := range r.report.Files {
		done := "damage was repaired"
		if f.How == howLeft {
			r.report.Left++
			done = "damage remains"
		}
		if !how.Dry {
			p.log.InfoContext(ctx, done, "organization", organization, "snapshot", f.Snapshot, "file", f.File, "how",
				f.How, "detail", f.Detail)
		}
	}
	if err != nil {
		return r.report, fmt.Errorf("repairing: %w", err)
	}
	return r.report, nil
}

func (r *repair) run(ctx context.Context) (err error) {
	if r.snapshots, err = r.store.Snapshots(ctx, r.organization); err != nil {
		return err
	}
	r.manifests = make([]*snapshot.Manifest, len(r.snapshots))
	r.damaged, r.lost = make([]map[int]proof.Damage, len(r.snapshots)), make([]bool, len(r.snapshots))
	if err := r.readManifests(ctx); err != nil {
		return err
	}
	if err := r.restoreNaming(ctx); err != nil {
		return err
	}
	if err := r.restoreFiles(ctx); err != nil {
		return err
	}
	for i := range r.snapshots {
		if err := r.remakeSnapshot(ctx, i); err != nil {
			return err
		}
	}
	if err := r.giveUp(ctx); err != nil {
		return err
	}
	if r.GiveUpUnknown {
		if err := giveUpUnknown(ctx, r); err != nil {
			return err
		}
	}
	if r.Dry {
		return nil
	}
	if err := r.Sweep(ctx); !errors.Is(err, database.ErrPaused) {
		return err
	}
	return nil // a later sweep finds what was replaced
}

// readManifests reads the manifests and repairs damaged ones: from a copy, or, for the newest,
// from the database's record of its generation.
func (r *repair) readManifests(ctx context.Context) error {
	var wanted []snapshot.File
	for i := range r.snapshots {
		m, err := r.readManifest(i)
		switch {
		case r.done(i):
		case errors.Is(err, snapshot.ErrDamaged):
			wanted = append(wanted, snapshot.File{Path: r.snapshots[i].Manifest.Path, Bytes: -1,
				SHA256: r.snapshots[i].Manifest.SHA256})
		case err != nil:
			return err
		}
		r.manifests[i] = m
	}
	if len(wanted) == 0 {
		return nil
	}
	copies, err := r.copies(wanted)
	if err != nil {
		return err
	}
	for i := range r.snapshots {
		if r.manifests[i] != nil || r.done(i) {
			continue
		}
		if err := r.restoreManifest(ctx, i, copies); err != nil {
			return err
		}
	}
	return nil
}

func (r *repair) readManifest(i int) (*snapshot.Manifest, error) {
	return manifestIn(r.reader, r.snapshots[i])
}

// restoreManifest repairs one manifest.
func (r *repair) restoreManifest(ctx context.Context, i int, copies map[snapshot.Digest]string) (err error) {
	s := &r.snapshots[i]
	want := snapshot.File{Path: s.Manifest.Path, Bytes: -1, SHA256: s.Manifest.SHA256}
	if name, ok := copies[want.SHA256]; ok {
		if err := r.restore(want, name); err != nil {
			return err
		}
		r.told(i, want.Path, howRestored, name)
		if r.Dry {
			return nil
		}
		r.manifests[i], err = r.readManifest(i)
		return err
	}
	data, _, err := r.Recall(ctx, s)
	if err != nil {
		return err
	}
	if data == nil {
		return nil // giveUp reports it
	}
	if !r.Dry {
		if err := r.restoreBytes(want, data); err != nil {
			return err
		}
		if r.manifests[i], err = r.readManifest(i); err != nil {
			return err
		}
	}
	r.told(i, want.Path, howRemade, "from the database, byte for byte")
	return nil
}

// restoreFiles finds damaged files and restores those that have copies.
func (r *repair) restoreFiles(ctx context.Context) error {
	if err := r.findDamage(ctx); err != nil {
		return err
	}
	places, wanted := map[string]int{}, []snapshot.File{}
	for i, ranges := range r.damaged {
		for _, d := range ranges {
			for _, f := range d.Files {
				if _, twice := places[f.Path]; !twice {
					places[f.Path] = i
					wanted = append(wanted, f)
				}
			}
		}
	}
	copies, err := r.copies(wanted)
	if err != nil || len(copies) == 0 {
		return err
	}
	restored := map[string]bool{}
	for _, f := range wanted {
		if name, ok := copies[f.SHA256]; ok {
			if err := r.restore(f, name); err != nil {
				return err
			}
			r.told(places[f.Path], f.Path, howRestored, name)
			restored[f.Path] = true
		}
	}
	return r.forgetDamage(restored)
}

// findDamage reads all kept files, each once: neighbouring snapshots share many.
func (r *repair) findDamage(ctx context.Context) error {
	seen := map[string]bool{}
	for i, m := range r.manifests {
		r.damaged[i] = map[int]proof.Damage{}
		if m == nil || r.done(i) {
			continue
		}
		for n := range m.Ranges {
			if err := ctx.Err(); err != nil {
				return err
			}
			// A dry run has restored nothing, and cannot check the files named by a damaged file.
			full := r.snapshots[i].Full == publication.Kept && !(r.Dry && r.back[m.Ranges[n].Index.Path])
			delta := r.snapshots[i].Delta == publication.Kept && !r.lost[i] && !(r.Dry && r.back[m.Deltas.Path])
			d, err := proof.DamageOf(r.files, m, n, full, delta, seen)
			if err != nil {
				return err
			}
			if d.Any() {
				r.damaged[i][n] = d
			}
		}
	}
	return nil
}

// forgetDamage removes files from the damage that were restored or, in a dry run, would have been.
func (r *repair) forgetDamage(restored map[string]bool) error {
	for i, m := range r.manifests {
		for n, d := range r.damaged[i] {
			left, err := d.Without(m, n, restored)
			if err != nil {
				return err
			}
			if r.damaged[i][n] = left; !left.Any() {
				delete(r.damaged[i], n)
			}
		}
	}
	return nil
}
