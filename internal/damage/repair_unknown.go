package damage

import (
	"context"
	"fmt"

	"github.com/muster-project/muster/internal/control"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// giveUpUnknown removes the files of snapshots that the database does not know, because it was restored from a
// backup of before, and lets numbers go on above theirs. Files that no program of ours has named stay.
func giveUpUnknown(ctx context.Context, r *repair) error {
	var there []string
	err := r.files.List(ctx, r.organization, func(name string) error {
		there = append(there, name)
		return nil
	})
	if err != nil {
		return err
	}
	attempts, err := r.store.Attempts(ctx, r.organization)
	if err != nil {
		return err
	}
	named, err := namedFiles(ctx, r)
	if err != nil {
		return err
	}
	var highest int64
	var gone []string
	for _, name := range unknownFiles(r.files, there, named, attempts) {
		if snapshot.AttemptOf(name) == "" {
			continue
		}
		gone = append(gone, name)
		if snapshot.IsManifest(r.organization, name) {
			number := snapshot.NumberOf(name)
			highest = max(highest, number)
			r.report.Files = append(r.report.Files, control.Repaired{Snapshot: number, File: name, How: howGivenUp,
				Detail: "the database does not know this snapshot"})
		}
	}
	if r.Dry || len(gone) == 0 {
		return nil
	}
	if err := r.Lease().Skip(ctx, highest, r.clock(), "the database was restored from a backup of before this snapshot"); err != nil {
		return err
	}
	for _, name := range gone {
		r.trace("give up unknown file")
		if err := r.files.Remove(name); err != nil {
			return err
		}
	}
	return nil
}

// namedFiles returns the files that snapshots name. All manifests must be readable.
func namedFiles(ctx context.Context, r *repair) (map[string]bool, error) {
	all, err := r.store.Snapshots(ctx, r.organization)
	if err != nil {
		return nil, err
	}
	named := map[string]bool{}
	for _, s := range all {
		for _, name := range snapshot.ManifestFiles(s.Manifest.Path) {
			named[name] = true
		}
		now := &sealed{Snapshot: s}
		if s.Full != publication.Retired || s.Delta != publication.Retired {
			if now.manifest, err = manifestIn(r.reader, s); err != nil {
				return nil, fmt.Errorf("snapshot %d, which may name unknown files: %w", s.Number, err)
			}
		}
		if !now.name(named) {
			return nil, fmt.Errorf("snapshot %d may name unknown files: %w", s.Number, snapshot.ErrDamaged)
		}
	}
	return named, nil
}
