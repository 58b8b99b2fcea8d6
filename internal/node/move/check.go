package move

import (
	"context"
	"errors"
	"fmt"

	"github.com/muster-project/muster/internal/intel/library"
	"github.com/muster-project/muster/internal/node"
	"github.com/muster-project/muster/internal/plain"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
	"github.com/muster-project/muster/internal/watch"
)

// check refuses a folder in damage or in doubt: what is moved should be right, and a move is no time to
// find out. It returns what is known of the folder's files, by their names; they are read when they are copied.
func (m *mover) check(ctx context.Context) (map[string]known, error) {
	m.Tell("checking the database")
	var problems []error
	note := func(problem error) { problems = append(problems, problem) }
	unpaced := func(ctx context.Context, _ int64) error { return ctx.Err() }
	if _, err := m.source.Store.DB.Check(ctx, unpaced, note); err != nil {
		return nil, err
	}
	m.Tell("checking feeds and catalogs")
	err := m.source.Library.Verify(ctx, library.Verifier{Pace: unpaced, Count: func(int, int64) {}, Note: note,
		Unknown: func(string) {}})
	if err != nil {
		return nil, err
	}
	wanted := map[string]known{}
	all, err := m.source.Store.Organizations.All(ctx)
	if err != nil {
		return nil, err
	}
	for _, o := range all {
		if err := m.source.Publisher.Watcher().Doubt(ctx, o.ID); errors.Is(err, watch.ErrDoubt) {
			return nil, plain.Hinted(fmt.Errorf("organization %q: %w", o.ID, err), "doc/operations.md tells how doubts end")
		} else if err != nil {
			return nil, err
		}
		snapshots, err := m.source.Store.Publication.Snapshots(ctx, o.ID)
		if err != nil {
			return nil, err
		}
		for _, s := range snapshots {
			if err := m.named(s, wanted); err != nil {
				note(fmt.Errorf("snapshot %d: %w", s.Number, err))
			}
		}
	}
	if len(problems) > 0 {
		return nil, damaged(errors.Join(problems[0], more(len(problems))))
	}
	return wanted, nil
}

// more counts problems beyond the first.
func more(problems int) error {
	if problems == 1 {
		return nil
	}
	return fmt.Errorf("and %d more problems", problems-1)
}

// named adds the files of a snapshot.
func (m *mover) named(s publication.Snapshot, into map[string]known) error {
	if s.Full == publication.Retired && s.Delta == publication.Retired {
		return nil
	}
	manifest, err := m.source.Files.ReadManifest(s.Manifest.Path, s.Manifest.SHA256)
	if err != nil {
		return err
	}
	add := func(state publication.Retention, files ...snapshot.File) {
		for _, f := range files {
			name := node.FilesFolder + "/" + f.Path
			into[name] = known{f, into[name].needed || state == publication.Kept}
		}
	}
	add(publication.Kept, snapshot.File{Path: s.Manifest.Path, Bytes: -1, SHA256: s.Manifest.SHA256})
	if manifest.Deltas.Path != "" {
		add(publication.Kept, manifest.Deltas)
	}
	full, damage := manifest.FullFiles()
	delta, err := manifest.DeltaFiles()
	if s.Full != publication.Retired {
		add(s.Full, full...)
	}
	if s.Delta != publication.Retired {
		add(s.Delta, delta...)
	}
	if s.Full != publication.Kept {
		damage = nil // its indexes may be gone
	}
	return errors.Join(damage, err)
}
