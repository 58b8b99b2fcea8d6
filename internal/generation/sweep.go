package generation

import (
	"context"
	"errors"
	"fmt"
	"sync"

	"github.com/muster-project/muster/internal/generation/merge"
	"github.com/muster-project/muster/internal/snapshot"
	"github.com/muster-project/muster/internal/store/publication"
)

// Sweep removes the files of attempts that lost or died. Where other processes use the store, it does so
// again for as long as files of them may still come (publication.LateFiles). An attempt is stored before
// its first file exists, so Sweep removes nothing else. Files that the store does not know may belong to an
// earlier copy of the database.
func (h *Hold) Sweep(ctx context.Context) error {
	dead, err := h.store.Publication.DeadAttempts(ctx, h.organization)
	if err != nil || len(dead) == 0 {
		return err
	}
	named, unread, err := h.named(ctx, h.organization)
	if err != nil {
		return err
	}
	find := sync.OnceValues(func() (map[string][]string, error) {
		if unread != nil {
			return nil, unread
		}
		return filesByAttempt(ctx, h.files, h.organization)
	})
	age := publication.LateFiles
	if h.alone {
		age = 0
	}
	for _, attempt := range dead {
		names, err := h.filesOf(ctx, h.organization, attempt, find)
		if errors.Is(err, snapshot.ErrDamaged) {
			h.log.WarnContext(ctx, "keeping the files of a dead attempt: a manifest may name them", "attempt",
				attempt.ID, "error", err)
			continue
		}
		if err != nil {
			return fmt.Errorf("sweeping attempt %q: %w", attempt.ID, err)
		}
		for _, name := range names {
			if named[name] {
				continue
			}
			if err := h.files.Remove(name); err != nil {
				return err
			}
		}
		h.trace("forget attempt")
		if err := h.lease.ForgetAttempt(ctx, attempt.ID, age); err != nil {
			return err
		}
	}
	return nil
}

// named returns the files that snapshots need, manifests included, and the files of a running
// generation. unread is the error of manifests that cannot be read.
func (h *Hold) named(ctx context.Context, organization string) (named map[string]bool, unread, err error) {
	snapshots, err := h.store.Publication.Snapshots(ctx, organization)
	if err != nil {
		return nil, nil, err
	}
	named = map[string]bool{}
	for _, s := range snapshots {
		for _, name := range snapshot.ManifestFiles(s.Manifest.Path) {
			named[name] = true
		}
		if s.Full == publication.Retired && s.Delta == publication.Retired {
			continue
		}
		m, err := h.Manifest(s)
		if err != nil {
			unread = errors.Join(unread, err)
			continue
		}
		if s.Full != publication.Retired {
			full, err := m.FullFiles()
			unread = errors.Join(unread, err)
			name(named, full)
		}
		if s.Delta != publication.Retired {
			delta, err := m.DeltaFiles()
			unread = errors.Join(unread, err)
			name(named, delta)
		}
	}
	newest, err := h.store.Publication.Generations(ctx, organization, 1)
	if err != nil || len(newest) == 0 || newest[0].State != publication.Running {
		return named, unread, err
	}
	completions, err := h.store.Publication.Completions(ctx, organization, newest[0].Number)
	for _, data := range completions {
		made, err := h.reader.Made(data)
		if err != nil {
			return nil, nil, fmt.Errorf("reading a complete range: %w", err)
		}
		full, err := made.Files()
		unread = errors.Join(unread, err)
		name(named, full)
		name(named, made.Delta.Files())
	}
	return named, unread, err
}

func name(named map[string]bool, files []snapshot.File) {
	for _, f := range files {
		named[f.Path] = true
	}
}

// filesOf lists the files that an attempt may have made. If the plan of the generation is no longer
// kept, or files of the attempt were replaced, find looks for them. Then every manifest must be
// readable, because any of them may name these files.
func (h *Hold) filesOf(ctx context.Context, organization string, a publication.Attempt,
	find func() (map[string][]string, error)) ([]string, error) {
	if a.Range == publication.ManifestRange {
		return snapshot.ManifestNames(organization, a.Generation, a.ID), nil
	}
	g, err := h.store.Publication.Generation(ctx, organization, a.Generation)
	if err != nil {
		return nil, err
	}
	if a.Range == publication.Superseded || len(g.Pin) == 0 {
		found, err := find()
		return found[a.ID], err
	}
	pinned, err := merge.ReadPin(g)
	if err != nil {
		return nil, err
	}
	if a.Range >= len(pinned.Ranges) {
		return nil, fmt.Errorf("listing files of generation %d: it has no range %d", g.Number, a.Range)
	}
	naming := snapshot.Naming{Organization: organization, Begun: g.Begun,
		Group: pinned.Ranges[a.Range].Group, Ordinal: a.Range, Attempt: a.ID}
	return naming.Names(), nil
}

// filesByAttempt lists all files of an organization by the attempt id in their names.
func filesByAttempt(ctx context.Context, files *snapshot.Files, organization string) (map[string][]string, error) {
	found := map[string][]string{}
	err := files.List(ctx, organization, func(name string) error {
		id := snapshot.AttemptOf(name)
		found[id] = append(found[id], name)
		return nil
	})
	return found, err
}
